#include "pidns/process/exec.hpp"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "pidns/process/exit_status.hpp"
#include "pidns/sys/error.hpp"
#include "pidns/sys/files.hpp"
#include "pidns/sys/observer.hpp"
#include "pidns/sys/processes.hpp"
#include "pidns/util/failure.hpp"
#include "pidns/util/text.hpp"

/// Our own header in memory: the linker gives it this name.
extern "C" const Elf64_Ehdr __ehdr_start;  // NOLINT(bugprone-reserved-identifier)

namespace pidns {

namespace {

bool exists(const std::string& file) {
  return sys::exists(AT_FDCWD, file.c_str());
}

/// The files that a command without a slash may mean, in the order of PATH.
std::vector<std::string> files_in_path(const std::string& name) {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): there is one thread
  std::vector<std::string> files;
  // With one more colon, an empty directory at the end is found like all others.
  const std::string terminated = fmt::format("{}:", path != nullptr ? path : "/bin:/usr/bin");
  std::string_view directories = terminated;
  while (!directories.empty()) {
    const std::string_view directory = consume_until(directories, ':');
    files.push_back(directory.empty() ? name : fmt::format("{}/{}", directory, name));
  }
  return files;
}

bool is_elf(std::string_view start) {
  return start.starts_with(ELFMAG);
}

std::string start_of(const std::string& file) {
  try {
    return sys::read_start(file.c_str());
  } catch (const sys::Error&) {
    return {};
  }
}

/// execve(2) with execvp(3)'s rule for a script without `#!`. Returns errno, and only when it failed.
int execute(const std::string& file, std::vector<char*> arguments) {
  const int error = sys::execute(file.c_str(), arguments);
  if (error != ENOEXEC || is_elf(start_of(file))) {
    return error;
  }
  std::string shell = "/bin/sh";
  std::string script = file;
  arguments.front() = script.data();
  arguments.insert(arguments.begin(), shell.data());
  return sys::execute(shell.c_str(), arguments);
}

/// Whether execvp(3) goes on to the next directory of PATH after this error.
bool try_next(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE || error == ENODEV ||
         error == ETIMEDOUT;
}

struct Attempt {
  std::string file;  ///< empty: there is none of that name in PATH
  int error;
};

/// Tries the files that the command may mean. @return the attempt that says most about why none could be
/// executed
Attempt try_all(const std::string& name, const std::vector<char*>& arguments) {
  if (name.empty() || name.find('/') != std::string::npos) {
    return {name, execute(name, arguments)};
  }
  Attempt attempt{{}, ENOENT};
  const std::vector<std::string> files = files_in_path(name);
  for (const std::string& file : files) {
    const int error = execute(file, arguments);
    if (!try_next(error)) {
      return {file, error};
    }
    if (error == EACCES && attempt.error == ENOENT) {
      attempt = {file, error};
    }
  }
  // A file that is there gets ENOENT too, when its interpreter is missing.
  const auto found = std::find_if(files.begin(), files.end(), exists);
  if (attempt.error == ENOENT && found != files.end()) {
    attempt.file = *found;
  }
  return attempt;
}

template <typename Header>
std::optional<Header> read_header(std::string_view bytes, std::size_t offset) {
  Header header;
  if (offset > bytes.size() || bytes.size() - offset < sizeof header) {
    return std::nullopt;
  }
  std::memcpy(&header, bytes.data() + offset, sizeof header);
  return header;
}

/// The program that an ELF file or a script asks for to run it.
std::string interpreter_of(std::string_view start) {
  if (start.starts_with("#!")) {
    std::string_view line = start.substr(2);
    line = consume_until(line, '\n');
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return std::string(line.substr(0, line.find_first_of(" \t")));
  }
  const auto elf = read_header<Elf64_Ehdr>(start, 0);
  if (!elf || !is_elf(start) || elf->e_ident[EI_CLASS] != ELFCLASS64) {
    return {};
  }
  for (std::size_t i = 0; i < elf->e_phnum; ++i) {
    const auto segment = read_header<Elf64_Phdr>(start, elf->e_phoff + i * sizeof(Elf64_Phdr));
    if (segment && segment->p_type == PT_INTERP && segment->p_offset < start.size()) {
      std::string_view path = start.substr(segment->p_offset, segment->p_filesz);
      return std::string(consume_until(path, '\0'));
    }
  }
  return {};
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
    case EM_LOONGARCH:
      return "loongarch";
    default:
      return fmt::format("ELF machine {}", machine);
  }
}

std::string explain_missing_interpreter(const std::string& file) {
  std::string interpreter = interpreter_of(start_of(file));
  if (interpreter.ends_with('\r')) {
    return fmt::format("the first line of {} ends with a carriage return: save it with Unix line ends", file);
  }
  if (!interpreter.empty() && !exists(interpreter)) {
    return fmt::format("{} needs {}, which does not exist", file, interpreter);
  }
  return {};
}

std::string explain_refusal(const std::string& file) {
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

/// The machine that an ELF file is for, which it names in its own byte order.
std::optional<unsigned> machine_of(std::string_view start) {
  const auto elf = read_header<Elf64_Ehdr>(start, 0);
  if (!elf || !is_elf(start)) {
    return std::nullopt;
  }
  constexpr int own_order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  return elf->e_ident[EI_DATA] == own_order ? elf->e_machine : __builtin_bswap16(elf->e_machine);
}

std::string explain_format(const std::string& file) {
  const auto machine = machine_of(start_of(file));
  const unsigned own_machine = __ehdr_start.e_machine;
  if (!machine || *machine == own_machine) {
    return {};
  }
  return fmt::format("{} is built for {}, and this machine is {}", file, machine_name(*machine),
                     machine_name(own_machine));
}

}  // namespace

std::string explain_exec_error(const std::string& file, int error) {
  switch (error) {
    case ENOENT:
      return explain_missing_interpreter(file);
    case EACCES:
      return explain_refusal(file);
    case ENOEXEC:
      return explain_format(file);
    default:
      return {};
  }
}

void execute_command(const std::vector<std::string>& command, const sys::SyscallObserver& observer) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execve(2) does not write to them
  }
  arguments.push_back(nullptr);

  if (observer) {
    observer(sys::Execute{arguments}, std::nullopt);
  }
  const Attempt attempt = try_all(command.front(), arguments);
  if (observer) {
    observer(sys::Execute{arguments}, sys::Result{.value = -1, .error = attempt.error});
  }
  const bool found = attempt.error != ENOENT || exists(attempt.file);
  throw Failure(found ? status_cannot_execute : status_not_found,
                fmt::format("cannot execute '{}': {}", command.front(), std::strerror(attempt.error)),
                found ? explain_exec_error(attempt.file, attempt.error) : std::string{});
}

}  // namespace pidns
