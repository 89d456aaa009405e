// Linked into the sanitized pidns: the sanitizer calls it by this name.
extern "C" const char* __asan_default_options();  // NOLINT: a name of the sanitizer

const char* __asan_default_options() {  // NOLINT: a name of the sanitizer
  // Signals that are sent to pidns are the command's. One of its own ends it all the same.
  // The limit of core files is the command's, too: the sanitizer would set it to 0.
  return "detect_leaks=0:disable_coredump=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0";
}
