# shellcheck shell=bash disable=SC2207,SC2034,SC2102
# bash completion for pidns, made by pidns --completion bash: text between @ signs comes from the table of options

# Reads lines of a word, a tab and a description, and offers the words. bash inserts what it shows, so the descriptions
# are shown only where it shows several words, and inserts no more than they have in common.
_pidns_offer() {
  local word description
  local -a matching=() described=()
  while IFS=$'\t' read -r word description; do
    [[ $word == "$cur"* ]] || continue
    matching+=("$word")
    description="$word  ($description)"
    described+=("${description:0:${COLUMNS:-80}-1}")
  done
  COMPREPLY=("${matching[@]}")
  # % and *: menu-complete and insert-completions insert whole words one after the other.
  if ((${#matching[@]} > 1)) && [[ ${COMP_TYPE-} != 37 && ${COMP_TYPE-} != 42 ]]; then
    COMPREPLY=("${described[@]}")
  fi
}

_pidns_processes() {
  _pidns_offer < <(command pidns --list --json 2>/dev/null | LC_ALL=C awk @PROCESSES_AWK@)
}

_pidns_signals() {
  local -a signals=(@SIGNALS@)
  _pidns_offer < <(printf '%s\t%s\n' "${signals[@]}")
}

# Completes the last of several names with commas between them.
_pidns_variables() {
  local last=${cur##*,}
  COMPREPLY=($(compgen -e -P "${cur%"$last"}" -- "$last"))
  compopt -o nospace
}

_pidns() {
  local cur prev words cword split i=1 command=false
  _init_completion -s -n : || return
  # The command begins at the first word that is neither an option nor the value of one.
  while ((i < cword)); do
    case ${words[i]} in
      --) ((++i)); command=true; break ;;
      @OPTIONS_WITH_VALUE@) ((i += 2)) ;;
      -*([@LETTERS_WITHOUT_VALUE@])[@LETTERS_WITH_VALUE@]) ((i += 2)) ;;
      -?*) ((++i)) ;;
      *) command=true; break ;;
    esac
  done
  if $command || [[ $i -eq $cword && $cur != -* && $split == false ]]; then
    COMP_WORDS=("${words[@]}") COMP_CWORD=$cword # as they are divided here
    _command_offset "$i"
    return
  fi
  if [[ $i -gt $cword || $split == true ]]; then
    case $prev in
      # @ACTIONS@
    esac
    return
  fi
  COMPREPLY=($(compgen -W '@OPTIONS@' -- "$cur"))
  [[ ${COMPREPLY-} != *= ]] || compopt -o nospace
} && complete -F _pidns pidns
