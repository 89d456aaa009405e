#pragma once

// CLI11 without <iostream>, whose initializer makes eight streams and their locales at each start: 8 of 99 page faults
// and 7 % of the instructions of a launch (gcc 12, static). CLI11 has no switch that leaves it out, and a file of ours
// named iostream would declare the same names. So <iostream> is taken for included, and what CLI11 names of it is only
// declared.

#include <istream>
#include <ostream>

#ifdef __GLIBCXX__
// NOLINTBEGIN: these are the names of the standard library
#define _GLIBCXX_IOSTREAM 1
namespace std {
extern ostream cout;
extern ostream cerr;
}  // namespace std
// NOLINTEND
#endif

#include <CLI/CLI.hpp>  // NOLINT(llvm-include-order): after the above
