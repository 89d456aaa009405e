// The least that can be done: unshare, make a child, mount, execute, wait. What pidns costs beyond this is its own.
// Built twice: -DMAKE_CHILD=fork and -DMAKE_CHILD=vfork.
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  if (argc < 2 || unshare(CLONE_NEWPID | CLONE_NEWNS) == -1) {
    return 125;
  }
  const pid_t child = MAKE_CHILD();
  if (child == 0) {
    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
