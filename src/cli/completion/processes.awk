# Reads what `pidns --list --json` prints. Prints of each process its PID, a tab and its command line.

# The text between the quotes. What could steer a terminal or turn the direction of the text becomes a question mark:
# DEL, the control characters U+0080 to U+009F, U+2028 to U+202E and U+2066 to U+2069. JSON itself escapes the others.
function text_of(json) {
  sub(/^ *"/, "", json)
  sub(/",?$/, "", json)
  gsub(/\\"/, "\"", json)
  gsub(/\\\\/, "\\", json)
  gsub(/\177|\302[\200-\237]|\342\200[\250-\256]|\342\201[\246-\251]/, "?", json)
  return json
}

/^ *"outside": / { pid = $2 + 0 }
/^ *"name": / { name = text_of(substr($0, index($0, ": ") + 2)) }
/^ *"command": \[\]/ { print pid "\t[" name "]" }
/^ *"command": \[$/ { in_command = 1; command = ""; next }
in_command && /^ *\]/ { in_command = 0; print pid "\t" substr(command, 2) }
in_command { command = command " " text_of($0) }
