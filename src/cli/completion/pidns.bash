# shellcheck shell=bash disable=SC2207,SC2034,SC2102
# bash completion for pidns, made by pidns --completion bash: text between @ signs comes from the table of options

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
