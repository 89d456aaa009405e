#pragma once

// CLI11 without <iostream>. It includes that header to print what pidns never lets it print, but with it
// comes an initializer that makes eight streams and their locales at each start: docs/performance.md. So
// <iostream> is taken for included already, and what CLI11 names of it is only declared.

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
