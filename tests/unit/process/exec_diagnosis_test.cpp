#include "pidns/process/exec_diagnosis.hpp"

#include <elf.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "pidns/process/exec.hpp"
#include "pidns/process/exit_status.hpp"
#include "pidns/util/failure.hpp"
#include "support/catch.hpp"

using namespace pidns;

namespace {

/// A file of the test's own, removed with it.
class File {
 public:
  explicit File(std::string_view content, mode_t mode = 0755) {
    std::string name = std::filesystem::temp_directory_path() / "pidns-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory_ = name;
    std::ofstream(path(), std::ios::binary) << content;
    REQUIRE(::chmod(path().c_str(), mode) == 0);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return directory_ / "file"; }
  [[nodiscard]] std::string directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
};

/// The header of a program for some machine, with one segment that names its loader.
template <typename Header = Elf64_Ehdr, typename Segment = Elf64_Phdr>
std::string elf_program(Elf64_Half machine, const std::string& loader) {
  Header header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = sizeof(Header) == sizeof(Elf64_Ehdr) ? ELFCLASS64 : ELFCLASS32;
  header.e_ident[EI_DATA] = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = machine;
  header.e_phoff = sizeof header;
  header.e_phnum = 1;
  Segment segment{};
  segment.p_type = PT_INTERP;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = static_cast<decltype(segment.p_filesz)>(loader.size() + 1);
  std::string bytes(sizeof header + sizeof segment, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, &segment, sizeof segment);
  return bytes + loader + '\0';
}

std::string this_machine() {
  utsname kernel{};
  ::uname(&kernel);
  return kernel.machine;
}

}  // namespace

TEST_CASE("a script whose interpreter is missing is explained", "[exec]") {
  const File script("#! \t/no/such/interpreter -x\necho\n");
  CHECK(diagnose_exec(script.path(), ENOENT) ==
        script.path() + " needs /no/such/interpreter, which does not exist");
}

TEST_CASE("a script with line ends of Windows is explained", "[exec]") {
  const File script("#!/bin/sh\r\necho\r\n");
  CHECK(diagnose_exec(script.path(), ENOENT) ==
        "the first line of " + script.path() + " ends with a carriage return: save it with Unix line ends");
}

TEST_CASE("a program whose loader is missing is explained", "[exec]") {
  const File program(elf_program(EM_X86_64, "/no/such/loader"));
  CHECK(diagnose_exec(program.path(), ENOENT) ==
        program.path() + " needs /no/such/loader, which does not exist");
}

TEST_CASE("a program of 32 bits whose loader is missing is explained", "[exec]") {
  const File program(elf_program<Elf32_Ehdr, Elf32_Phdr>(EM_386, "/no/such/loader"));
  CHECK(diagnose_exec(program.path(), ENOENT) ==
        program.path() + " needs /no/such/loader, which does not exist");
  if (this_machine() != "i686") {
    CHECK(diagnose_exec(program.path(), ENOEXEC) ==
          program.path() + " is built for i386, and this machine is " + this_machine());
  }
}

TEST_CASE("a file without fault is not explained", "[exec]") {
  const File script("#!/bin/sh\n");
  for (const int error : {ENOENT, EACCES, ENOEXEC, ENOMEM, ETXTBSY}) {
    CHECK(diagnose_exec(script.path(), error).empty());
  }
  for (const int error : {ENOENT, EACCES, ENOEXEC}) {
    CHECK(diagnose_exec("/no/such/file", error).empty());
  }
}

TEST_CASE("a program that is cut off anywhere is not misread", "[exec]") {
  for (const std::string& whole : {elf_program(EM_X86_64, "/no/such/loader"),
                                   elf_program<Elf32_Ehdr, Elf32_Phdr>(EM_386, "/no/such/loader")}) {
    for (std::size_t size = 0; size < whole.size() - std::string("/no/such/loader").size() - 1; ++size) {
      const File program(whole.substr(0, size));
      CHECK(diagnose_exec(program.path(), ENOENT).empty());
    }
  }
}

TEST_CASE("a program with wild offsets is not misread", "[exec]") {
  std::string bytes = elf_program(EM_X86_64, "/no/such/loader");
  const Elf64_Off wild = ~Elf64_Off{0};
  std::memcpy(bytes.data() + offsetof(Elf64_Ehdr, e_phoff), &wild, sizeof wild);
  CHECK(diagnose_exec(File(bytes).path(), ENOENT).empty());
}

TEST_CASE("a directory and a file without the permission are told apart", "[exec]") {
  const File file("#!/bin/sh\n", 0644);
  CHECK(diagnose_exec(file.directory(), EACCES) == file.directory() + " is a directory");
  CHECK(diagnose_exec(file.path(), EACCES) == file.path() + " is not executable: chmod +x " + file.path());
  const File data("root:x:0:0:root:/root:/bin/bash\n", 0644);
  CHECK(diagnose_exec(data.path(), EACCES) == data.path() + " is not executable");
  CHECK(diagnose_exec("/dev/null", EACCES) == "/dev/null is not a regular file");
}

TEST_CASE("a program for another machine is explained", "[exec]") {
  const auto check = [](const std::string& bytes, const std::string& machine) {
    const File program(bytes);
    CHECK(diagnose_exec(program.path(), ENOEXEC) ==
          program.path() + " is built for " + machine + ", and this machine is " + this_machine());
  };
  // Machines that are not supported, so this machine is not one of them.
  for (const auto& [machine, name] : {std::pair<Elf64_Half, std::string>{EM_MIPS, "mips"}, {EM_ARM, "arm"}}) {
    std::string bytes = elf_program(machine, "/lib/ld.so");
    check(bytes, name);
    // The same for one that has the other byte order.
    bytes[EI_DATA] = bytes[EI_DATA] == ELFDATA2LSB ? ELFDATA2MSB : ELFDATA2LSB;
    std::swap(bytes[offsetof(Elf64_Ehdr, e_machine)], bytes[offsetof(Elf64_Ehdr, e_machine) + 1]);
    check(bytes, name);
  }
  const File damaged(elf_program(EM_X86_64, "/lib/ld.so"));
  CHECK(diagnose_exec(damaged.path(), ENOEXEC).empty() == (this_machine() == "x86_64"));
}

TEST_CASE("a command that cannot be executed fails with 126 and one that is missing with 127", "[exec]") {
  const File script("#!/no/such/interpreter\n");
  const std::vector<std::pair<std::string, int>> commands{{script.path(), status_not_found},
                                                          {script.directory(), status_cannot_execute},
                                                          {"/no/such/file", status_not_found},
                                                          {"no-such-file-anywhere", status_not_found},
                                                          {"", status_not_found}};
  for (const auto& [command, status] : commands) {
    try {
      execute_command(arguments_of({command}), {});
    } catch (const Failure& failure) {
      CHECK(failure.status == status);
      CHECK_THAT(failure.what(), Catch::StartsWith("cannot execute '" + command + "': "));
    }
  }
}
