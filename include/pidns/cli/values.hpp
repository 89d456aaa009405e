#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pidns/util/options.hpp"

/// The values of options. Each function throws UsageError when the text is not such a value.
namespace pidns::values {

inline constexpr std::string_view map_sources = "auto subids all";
inline constexpr std::string_view propagation_modes = "private slave shared unchanged";
inline constexpr std::string_view setgroups_modes = "allow deny";
inline constexpr std::string_view colour_choices = "auto always never";

std::filesystem::path path(const std::string& text);
int signal(const std::string& text);
int descriptor(const std::string& text);
/// A PID, `pid:[N]`, the number of a namespace, or a file: what has a `/` in it, or exists.
Target target(const std::string& text);
unsigned id(const std::string& text);
/// Whether a text can be the name of a user or group, which begins with neither a digit nor a sign:
/// useradd(8).
bool is_name(std::string_view text);
/// `UID:GID`
Ids owner(const std::string& text);
/// Whole seconds, with or without a sign.
std::int64_t seconds(const std::string& text);
/// Seconds, not negative, with or without a fraction, or `infinity`.
std::chrono::milliseconds duration(const std::string& text);
/// @return flags of mount(2); 0: unchanged
unsigned long propagation(const std::string& text);
Setgroups setgroups(const std::string& text);
MapBlock map_block(const std::string& text);
BinfmtDefinition binfmt_definition(const std::string& text);
ColourWhen colour(const std::string& text);
/// @param text `step`, or empty
bool explain_step(const std::string& text);
/// Seconds, a tenth at least, with or without a fraction.
std::chrono::milliseconds interval(const std::string& text);
/// Names separated by commas.
std::vector<std::string> names(const std::string& text);
/// One of completion_shells.
std::string shell(const std::string& text);

}  // namespace pidns::values
