// Runs a program one instruction after another and prints the address of each that it has executed, once, in the order
// of their first time. Processes that it makes are followed until they execute another program. For scripts/order.
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { end_of_text = 1 << 24 };  // a static program that is not position-independent lies below
static char seen[end_of_text];

static void note_place_of(pid_t process) {
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, process, NULL, &registers) == 0 && registers.rip < end_of_text &&
      !seen[registers.rip]) {
    seen[registers.rip] = 1;
    printf("0x%016llx\n", registers.rip);
  }
}

int main(int argc, char** argv) {
  if (argc < 2) {
    return 125;
  }
  const pid_t program = fork();
  if (program == 0) {
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    execv(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  waitpid(program, &status, 0);
  ptrace(PTRACE_SETOPTIONS, program, NULL,
         PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
  ptrace(PTRACE_SINGLESTEP, program, NULL, NULL);
  pid_t stopped = 0;
  while ((stopped = waitpid(-1, &status, __WALL)) > 0) {
    if (!WIFSTOPPED(status)) {
      continue;
    }
    if (status >> 16 == PTRACE_EVENT_EXEC) {
      ptrace(PTRACE_DETACH, stopped, NULL, NULL);
      continue;
    }
    const int signal = WSTOPSIG(status);
    note_place_of(stopped);
    ptrace(PTRACE_SINGLESTEP, stopped, NULL, signal == SIGTRAP || signal == SIGSTOP ? 0 : signal);
  }
  return fflush(stdout) == 0 ? 0 : 125;
}
