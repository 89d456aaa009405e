#include "pidns/launch/binfmt.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "pidns/process/exit_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/mounts.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

namespace pidns {

namespace {

enum Field : std::size_t { name, type, offset, magic, mask, interpreter, flags, count };

using Fields = std::array<std::string_view, Field::count>;

/// The fields of a definition, which the first character separates. What is left over belongs to the last.
Fields split(std::string_view definition) {
  const char separator = definition.front();
  definition.remove_prefix(1);
  Fields fields;
  for (std::size_t i = 0; i + 1 < fields.size(); ++i) {
    fields.at(i) = consume_until(definition, separator);
  }
  fields.back() = definition;
  return fields;
}

bool loads_before_root(const Options& options) {
  return options.root && !options.load_interp.empty() && is_fixed(options.load_interp);
}

/// The kernel takes a definition from none but the root of the user namespace, of whom the files are.
void load(const std::filesystem::path& directory, const std::string& definition,
          const sys::SyscallObserver& observer) {
  try {
    sys::write_file((directory / "register").c_str(), definition, observer);
  } catch (const sys::Error& error) {
    const bool is_root = ::geteuid() == 0 && ::getegid() == 0;
    throw Failure(status_failed, error.what(),
                  error.error() == EACCES && !is_root
                      ? "only root of the user namespace may load it: add --map-root-user"
                      : "");
  }
}

}  // namespace

std::string definition_error(std::string_view definition) {
  const auto separators =
      static_cast<std::size_t>(std::count(definition.begin(), definition.end(), definition.front()));
  if (separators < Field::count) {
    return "is not :name:type:offset:magic:mask:interpreter:flags";
  }
  const Fields fields = split(definition);
  if (fields[name].empty() || fields[name] == "." || fields[name] == ".." ||
      fields[name].find('/') != std::string_view::npos) {
    return fmt::format("has the name '{}', which no file can have", fields[name]);
  }
  if (fields[type] != "M" && fields[type] != "E") {
    return fmt::format("has the type '{}', which is neither M nor E", fields[type]);
  }
  if (fields[magic].empty()) {
    return "has no magic";
  }
  if (fields[interpreter].empty()) {
    return "has no interpreter";
  }
  if (fields[flags].find_first_not_of("POCF") != std::string_view::npos) {
    return fmt::format("has the flags '{}', of which only P, O, C and F are known", fields[flags]);
  }
  return {};
}

bool is_fixed(std::string_view definition) {
  return split(definition)[flags].find('F') != std::string_view::npos;
}

void load_fixed_interpreter(const Options& options, const sys::SyscallObserver& observer) {
  if (loads_before_root(options)) {
    // The same filesystem as the one that is mounted in the new root: there is one in a user namespace.
    sys::mount_binfmt(default_binfmt, observer);
    load(default_binfmt, options.load_interp, observer);
  }
}

void mount_binfmt(const Options& options, const sys::SyscallObserver& observer) {
  if (!options.mount_binfmt) {
    return;
  }
  sys::mount_binfmt(options.mount_binfmt->c_str(), observer);
  if (!options.load_interp.empty() && !loads_before_root(options)) {
    load(*options.mount_binfmt, options.load_interp, observer);
  }
}

}  // namespace pidns
