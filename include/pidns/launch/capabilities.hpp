#pragma once

namespace pidns {

/// Makes the capabilities in effect ambient, so that the command keeps them whoever it runs as:
/// capabilities(7).
/// @throws sys::Error
void keep_capabilities();

}  // namespace pidns
