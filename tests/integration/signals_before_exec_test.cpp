#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <stdexcept>

#include "signal_tools.hpp"
#include "support/catch.hpp"

using namespace harness;
using namespace signal_tools;
using ::pidns::SignalSet;

namespace {

/// Holds a command in each execve(2) it makes, from its first on, until it is let go: seccomp_unotify(2).
class HeldExec {
 public:
  HeldExec()
      : shared_(static_cast<int*>(
            ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
    REQUIRE(shared_ != MAP_FAILED);
  }
  HeldExec(const HeldExec&) = delete;
  HeldExec& operator=(const HeldExec&) = delete;
  ~HeldExec() { ::munmap(shared_, sizeof(int)); }

  /// For Setup::before_exec, as its last step.
  void install() const {
    std::array filter{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{.len = filter.size(), .filter = filter.data()};
    *shared_ = static_cast<int>(
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
  }

  /// Waits until the command is inside its next execve(2).
  void wait(const Running& command) {
    if (!listener_.valid()) {
      wait_until("the filter", [&] { return *shared_ != 0; });
      const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, command.pid(), 0)));
      listener_ = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), *shared_, 0)));
      REQUIRE(listener_.valid());
    }
    call_ = {};
    wait_until("an execve", [&] {
      pollfd polled{.fd = listener_.get(), .events = POLLIN, .revents = 0};
      return ::poll(&polled, 1, 0) == 1 && ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call_) == 0;
    });
  }

  /// Lets it execute the program. Its process may have died of a signal meanwhile.
  void let_go() const {
    seccomp_notif_resp response{};
    response.id = call_.id;
    response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response) == -1 && errno != ENOENT) {
      throw std::runtime_error("the execve that was held cannot be let go");
    }
  }

 private:
  int* shared_;
  UniqueFd listener_;
  seccomp_notif call_{};
};

/// What the caller of a command has done with a signal.
enum class Given { nothing, ignored, blocked };

void give(Given given, int signal) {
  if (given == Given::ignored) {
    ignore(signal);
  } else if (given == Given::blocked) {
    change_mask(SIG_BLOCK, SignalSet::of(signal));
  }
}

/// Sends a signal while the command is inside its last execve(2), and tells what came of it.
std::string observe_before_exec(Given given, int signal, const Wrapper& wrap, int execs) {
  const std::string use = given == Given::blocked ? "wait" : "inherit";
  HeldExec held;
  Running running(wrap(probe(use, signal)), {.before_exec = [&] {
                    give(given, signal);
                    held.install();
                  }});
  for (int i = 1; i < execs; ++i) {
    held.wait(running);
    held.let_go();
  }
  held.wait(running);
  running.send(signal);
  held.let_go();
  if (given == Given::nothing && kills(signal)) {
    return to_text(running.finish().ending);  // it may or may not have come to say that it is ready
  }
  running.wait_for_output(given == Given::blocked ? "got " : "ready\n");
  wait_until_taken(running.pid(), signal);
  running.send(fence_of(signal));
  return to_text(running.finish());
}

/// The lines about signals in the command's own status.
std::string observe_status(const std::function<void()>& before_exec, const Wrapper& wrap) {
  return to_text(run(wrap({"grep", "-E", "^(Sig(Blk|Ign|Cgt|Pnd)|ShdPnd)", "/proc/self/status"}),
                     {.before_exec = before_exec}));
}

void set_alarm() {
  const itimerval soon{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 1}};
  ::setitimer(ITIMER_REAL, &soon, nullptr);
}

}  // namespace

TEST_CASE("signals sent before the command is executed come to it", "[signals]") {
  Comparison comparison("signals before exec");
  for (const Given given : {Given::nothing, Given::ignored, Given::blocked}) {
    for (const int signal : catchable_signals()) {
      if (given == Given::nothing && stops(signal)) {
        continue;  // directly it would stop and then begin its execve again
      }
      const std::string name =
          "given " + std::to_string(static_cast<int>(given)) + ", signal " + std::to_string(signal);
      INFO(name);
      const std::string direct = observe_before_exec(given, signal, directly, 1);
      for (const Form& form : forms()) {
        comparison.add(name + form.options, direct, observe_before_exec(given, signal, form.wrap, 2));
      }
    }
  }
  CHECK(comparison.cells() == 2 * (3 * 62 - 3));
}

TEST_CASE("the command has the mask and the dispositions of the caller", "[signals]") {
  Comparison comparison("masks and dispositions");
  const std::vector<std::pair<std::string, std::function<void()>>> callers{
      {"nothing", [] {}},
      {"nohup", [] { ignore(SIGHUP); }},
      {"SIGCHLD ignored", [] { ignore(SIGCHLD); }},
      {"SIGUSR1 blocked", [] { change_mask(SIG_BLOCK, SignalSet::of(SIGUSR1)); }},
      {"32 and 33 blocked", [] { change_mask(SIG_BLOCK, SignalSet::of(32) | SignalSet::of(33)); }},
      {"32 and 33 ignored",
       [] {
         ignore(32);
         ignore(33);
       }},
      {"all blocked", [] { change_mask(SIG_SETMASK, SignalSet::all()); }},
      {"all ignored",
       [] {
         for (const int signal : catchable_signals()) {
           ignore(signal);
         }
       }},
      {"all ignored and blocked",
       [] {
         change_mask(SIG_SETMASK, SignalSet::all());
         for (const int signal : catchable_signals()) {
           ignore(signal);
         }
       }},
  };
  for (const auto& [name, before_exec] : callers) {
    const std::string direct = observe_status(before_exec, directly);
    for (const Form& form : forms()) {
      comparison.add(name + form.options, direct, observe_status(before_exec, form.wrap));
    }
  }
}

TEST_CASE("the status is that of the command when the caller ignores SIGCHLD or everything", "[signals]") {
  for (const std::string option : {"--fork", "--init"}) {
    for (const SignalSet ignored : {SignalSet::of(SIGCHLD), SignalSet::all()}) {
      const Setup setup{.before_exec = [&] {
        for (const int signal : catchable_signals()) {
          if (ignored.contains(signal)) {
            ignore(signal);
          }
        }
      }};
      CHECK(run_pidns({option, "sh", "-c", "exit 7"}, setup).status() == 7);
      CHECK(run_pidns({option, "sh", "-c", "sleep 0 & kill -KILL $$"}, setup).status() ==
            (option == "--init" ? 128 + SIGKILL : 0));
    }
  }
}

TEST_CASE("a timer that the caller has set reaches the command", "[signals]") {
  // Blocked until the command takes it, so that it does not matter when the timer ends.
  const Setup setup{.before_exec = [] {
    change_mask(SIG_BLOCK, SignalSet::of(SIGALRM));
    set_alarm();
  }};
  for (const std::string use : {"handler", "wait", "default", "unblocks"}) {
    INFO(use);
    const auto observe = [&](const Wrapper& wrap) {
      Running running(wrap(probe(use, SIGALRM)), setup);
      if (use == "handler" || use == "wait") {
        running.wait_for_output("got ");
        running.send(fence_of(SIGALRM));
      }
      return to_text(running.finish());
    };
    std::string direct = observe(directly);
    // Only the kernel can send a signal with SI_KERNEL.
    if (const auto code = direct.find("code 128 "); code != std::string::npos) {
      direct.replace(code, 9, "code 0 ");
    }
    for (const Form& form : forms()) {
      CHECK(observe(form.wrap) == direct);
    }
  }
}
