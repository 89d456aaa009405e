# fish completion for pidns, made by pidns --completion fish: text between @ signs comes from the table of options

# Prints the words of the command so far. Fails as long as it has not begun.
function __fish_pidns_command
    set -l words (commandline -opc)[2..]
    while set -q words[1]
        switch $words[1]
            case --
                printf '%s\n' $words[2..]
                return 0
            case @OPTIONS_WITH_VALUE@
                set -e words[1]
            case - # a command; '-?*' would not do for the options: to fish 4 a question mark is not a wildcard
                printf '%s\n' $words
                return 0
            case '-*'
                if string match -qr -- '^-[@LETTERS_WITHOUT_VALUE@]*[@LETTERS_WITH_VALUE@]$' $words[1]
                    set -e words[1]
                end
            case '*'
                printf '%s\n' $words
                return 0
        end
        set -e words[1]
    end
    return 1
end

# Completes the command as a line of its own. A line that begins with a minus sign is not one: `complete -C`, which
# completes a line, would take it for an option of its own.
function __fish_pidns_complete_command
    set -l words (__fish_pidns_command) (commandline -ct)
    string match -q -- '-*' $words[1]
    or __fish_complete_subcommand --commandline $words
end

# PIDs in other PID namespaces, each with a tab and the command line.
function __fish_pidns_processes
    command pidns --list --json 2>/dev/null | env LC_ALL=C awk @PROCESSES_AWK@
end

function __fish_pidns_signals
    printf '%s\t%s\n' @SIGNALS@
end

# Completes the last of several names with commas between them, also behind `--option=`.
function __fish_pidns_variables
    set -l value (string replace -r -- '^--[^=]*=' '' "$(commandline -ct)")
    printf '%s\n' (string replace -r -- '[^,]*$' '' "$value")(set --export --names)
end

# @OPTIONS@
complete -c pidns -x -a '(__fish_pidns_complete_command)'
