#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pidns {

/// Whether a variable, `NAME=VALUE`, is one of those named.
bool is_named(std::string_view variable, const std::vector<std::string>& names);

/// Takes all other variables out of this process's environment.
void keep_only(const std::vector<std::string>& names);

}  // namespace pidns
