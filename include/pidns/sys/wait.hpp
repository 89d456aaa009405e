#pragma once

namespace pidns::sys {

/// Whether a call waits for a reader that does not read.
enum class Wait { no, yes };

}  // namespace pidns::sys
