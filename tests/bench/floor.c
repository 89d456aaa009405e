// The least that can be done: unshare, make a child, mount, execute, wait. What pidns costs beyond this is its own.
// Built twice: as it is, where the command is PID 1, and with -DWITH_INIT, where it is the child of PID 1.
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) == -1) {
    return 125;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void execute(char** command) {
  execvp(command[0], command);
  _exit(127);
}

int main(int argc, char** argv) {
  if (argc < 2 || unshare(CLONE_NEWPID | CLONE_NEWNS) == -1) {
    return 125;
  }
#ifdef WITH_INIT
  const pid_t pid_1 = fork();
#else
  const pid_t pid_1 = vfork();
#endif
  if (pid_1 == 0) {
    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
#ifdef WITH_INIT
    const pid_t command = vfork();
    if (command != 0) {
      _exit(wait_for(command));
    }
#endif
    execute(argv + 1);
  }
  return wait_for(pid_1);
}
