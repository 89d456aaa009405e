#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness.hpp"

/// What the tests of --list share.
namespace listing_tools {

using nlohmann::json;

/// Prints `ready` and waits for a line.
inline const std::vector<std::string> ready_and_wait{"sh", "-c", "echo ready; read line"};

std::string number(long value);

/// For a script: $pidns is the program, and $pid1 makes what follows it PID 1.
std::vector<std::string> script_variables();

/// Runs a script in its own PID namespace, so that no other process starts or ends, and in its own directory.
/// The script has script_variables(); what is written to descriptor 3 can be read from there.
harness::Result run_in_a_world(const std::string& script);

/// The output of --list --json with these arguments.
json list(std::vector<std::string> arguments = {});

/// One namespace of a listing; null when it is not there.
json find(const json& listing, ino_t ns);

/// Waits until a command says that it is ready. @return the process that pidns runs as PID 1
pid_t wait_for_init(harness::Running& running);

/// The parents of a process as --list --json names them: up to the PID 1 of their namespace, which is left
/// out.
json ancestors_of(pid_t pid);

std::vector<std::string> split(const std::string& text, char separator);

/// Whatever happened while it was read, a listing does not contradict itself.
void check_consistent(const json& listing);

}  // namespace listing_tools
