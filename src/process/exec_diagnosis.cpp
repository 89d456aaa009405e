#include "pidns/process/exec_diagnosis.hpp"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/util/text.hpp"

/// Our own header in memory: the linker gives it this name. What we read of it is at the same place in either
/// class.
extern "C" const Elf32_Ehdr __ehdr_start;  // NOLINT: a name of the linker

namespace pidns {

bool is_elf(std::string_view start) {
  return start.starts_with(ELFMAG);
}

std::string start_of(const std::string& file) {
  return sys::or_default_on_error([&] { return sys::read_start(file.c_str()); });
}

namespace {

template <typename Header>
std::optional<Header> read_header(std::string_view bytes, std::uint64_t offset) {
  Header header;
  if (offset > bytes.size() || bytes.size() - offset < sizeof header) {
    return std::nullopt;
  }
  std::memcpy(&header, bytes.data() + static_cast<std::size_t>(offset), sizeof header);
  return header;
}

/// The loader that an ELF file of one of the two classes asks for.
template <typename Header, typename Segment>
std::string loader_of(std::string_view start) {
  const auto elf = read_header<Header>(start, 0);
  for (std::size_t i = 0; elf && i < elf->e_phnum; ++i) {
    const auto segment = read_header<Segment>(start, elf->e_phoff + i * sizeof(Segment));
    if (segment && segment->p_type == PT_INTERP && segment->p_offset < start.size()) {
      std::string_view path = start.substr(static_cast<std::size_t>(segment->p_offset));
      path =
          path.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(segment->p_filesz, path.size())));
      return std::string(consume_until(path, '\0'));
    }
  }
  return {};
}

/// The program that an ELF file or a script asks for to run it.
std::string interpreter_of(std::string_view start) {
  if (start.starts_with("#!")) {
    std::string_view line = start.substr(2);
    line = consume_until(line, '\n');
    line = trim_front(line);
    return std::string(line.substr(0, line.find_first_of(" \t")));
  }
  if (!is_elf(start) || start.size() <= EI_CLASS) {
    return {};
  }
  return start[EI_CLASS] == ELFCLASS32 ? loader_of<Elf32_Ehdr, Elf32_Phdr>(start)
                                       : loader_of<Elf64_Ehdr, Elf64_Phdr>(start);
}

std::string machine_name(unsigned machine) {
  switch (machine) {
    case EM_386:
      return "i386";
    case EM_ARM:
      return "arm";
    case EM_X86_64:
      return "x86_64";
    case EM_AARCH64:
      return "aarch64";
    case EM_RISCV:
      return "riscv";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390x";
    case EM_MIPS:
      return "mips";
    case 258:  // EM_LOONGARCH, which older headers lack
      return "loongarch";
    default:
      return fmt::format("ELF machine {}", machine);
  }
}

std::string diagnose_missing_file(const std::string& file) {
  std::string interpreter = interpreter_of(start_of(file));
  if (interpreter.ends_with('\r')) {
    return fmt::format("the first line of {} ends with a carriage return: save it with Unix line ends", file);
  }
  if (!interpreter.empty() && !sys::exists(AT_FDCWD, interpreter.c_str())) {
    return fmt::format("{} needs {}, which does not exist", file, interpreter);
  }
  return {};
}

std::string diagnose_refusal(const std::string& file) {
  struct stat facts {};
  struct statvfs filesystem {};
  if (::stat(file.c_str(), &facts) == -1) {
    return {};
  }
  if (S_ISDIR(facts.st_mode)) {
    return fmt::format("{} is a directory", file);
  }
  if (!S_ISREG(facts.st_mode)) {
    return fmt::format("{} is not a regular file", file);
  }
  if (::statvfs(file.c_str(), &filesystem) == 0 && (filesystem.f_flag & ST_NOEXEC) != 0) {
    return fmt::format("{} is on a filesystem that is mounted noexec", file);
  }
  if ((facts.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
    const std::string start = start_of(file);
    const bool is_program = start.starts_with("#!") || is_elf(start);
    return fmt::format("{} is not executable{}", file, is_program ? ": chmod +x " + file : "");
  }
  return {};
}

/// The machine that an ELF file is for, which it names in its own byte order, in either class at the same
/// place.
std::optional<unsigned> machine_of(std::string_view start) {
  const auto elf = read_header<Elf32_Ehdr>(start, 0);
  if (!elf || !is_elf(start)) {
    return std::nullopt;
  }
  constexpr int own_order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  return elf->e_ident[EI_DATA] == own_order ? elf->e_machine : __builtin_bswap16(elf->e_machine);
}

std::string diagnose_format(const std::string& file) {
  const auto machine = machine_of(start_of(file));
  if (!machine || *machine == __ehdr_start.e_machine) {
    return {};
  }
  // e_machine does not tell ppc64le from ppc64, nor riscv64 from riscv32.
  utsname kernel{};
  ::uname(&kernel);
  return fmt::format("{} is built for {}, and this machine is {}", file, machine_name(*machine),
                     std::string_view(kernel.machine));
}

}  // namespace

std::string diagnose_exec(const std::string& file, int error) {
  switch (error) {
    case ENOENT:
      return diagnose_missing_file(file);
    case EACCES:
      return diagnose_refusal(file);
    case ENOEXEC:
      return diagnose_format(file);
    default:
      return {};
  }
}

}  // namespace pidns
