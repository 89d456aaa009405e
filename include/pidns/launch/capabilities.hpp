#pragma once

namespace pidns {

/// Whether this process has capabilities that it has not inherited: the file that it was executed from has
/// given them. capabilities(7)
/// @throws sys::Error
bool has_capabilities_of_its_file();

/// Puts the permitted capabilities into effect and makes them ambient, so that the command keeps them whoever
/// it runs as: capabilities(7).
/// @throws sys::Error
void keep_capabilities();

}  // namespace pidns
