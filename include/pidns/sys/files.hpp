#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "pidns/sys/observer.hpp"
#include "pidns/util/unique_fd.hpp"

/// Where a function takes a directory, that is an open one, or AT_FDCWD.
namespace pidns::sys {

/// Opens a directory for looking up files in it, nothing more: O_PATH.
/// @param context what to say when there is none
UniqueFd open_directory(const char* path, std::string_view context);
/// @param flags of open(2); the terminal never becomes the controlling one
UniqueFd open_file(int directory, const char* path, int flags);
std::string read_file(int directory, const char* path);
/// The same, where what cannot be read is done without. @return empty when that fails
std::string try_read_file(int directory, const std::string& path);
std::string read_all(const UniqueFd& file);
/// A file that the kernel makes in one piece, as /proc/PID/status and cmdline: a read(2) that does not fill
/// its buffer has reached the end, and no other one has to say so.
std::string read_piece(int directory, const char* path);
/// What one read(2) returns, 4096 bytes at most; empty at the end of the file.
std::string read_packet(const UniqueFd& file);
/// What an open file of /proc that is made in one piece holds at this moment. @return nothing when it cannot
/// be read
std::string read_again(const UniqueFd& file);
/// The first bytes of a file, 4096 at most.
std::string read_start(const char* path);
bool exists(int directory, const char* path);
/// Whether there is certainly no such file.
bool is_missing(int directory, const char* path);
/// What fstat(2) tells of an open file. @param context what to say when it is refused
struct stat facts_of(const UniqueFd& file, const std::string& context);
/// The inode number of a file: for /proc/PID/ns/NAME the number of the namespace.
ino_t inode_of(int directory, const char* path);
ino_t inode_of(const UniqueFd& file);
/// The target of a symbolic link.
std::string read_link(int directory, const char* path);
/// Names in a directory, without . and ..
std::vector<std::string> list_directory(int directory, const char* path);
/// One write(2): the files of /proc take a value whole or not at all.
void write_file(const char* path, std::string_view text, const SyscallObserver& observer);
void write_all(int fd, std::string_view text);
/// Closes a file whose other end waits for that.
void close(UniqueFd& file) noexcept;
/// Closes a child's copy of a descriptor whose owner lives in memory that the child may share with its
/// parent.
void close_copy(const UniqueFd& owned_by_parent);
/// Makes `fd` a copy of a file, for the program that this process is about to execute.
void redirect(int fd, const UniqueFd& file);
/// Closes our copies so that pipes see EOF when the command closes its own.
void close_stdin_and_stdout() noexcept;
/// Changes to /, so that a process that only waits keeps no directory busy.
void leave_directory() noexcept;
/// Closes every descriptor above 2, the caller's too, but two: close_range(2) or, where that is refused, one
/// by one.
/// @param proc an open /proc in which this process can be found
void close_all_above_stderr_but(const UniqueFd& one, const UniqueFd& other, const UniqueFd& proc) noexcept;
bool is_open(int fd);
/// Takes a descriptor over from the caller, so that the command does not inherit it.
UniqueFd adopt(int fd);

}  // namespace pidns::sys
