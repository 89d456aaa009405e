#pragma once

#include <string>
#include <string_view>

namespace pidns {

/// What completes the command line of pidns in a shell, made from option_table().
/// @param shell one of completion_shells
std::string completion_script(std::string_view shell);

inline constexpr std::string_view completion_shells = "bash zsh fish";

}  // namespace pidns
