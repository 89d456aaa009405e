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
            case '-?*'
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

# @OPTIONS@
complete -c pidns -x -a '(__fish_complete_subcommand --commandline (__fish_pidns_command) (commandline -ct))'
