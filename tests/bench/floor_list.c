// The least that a listing with one thread can do: it reads status and cmdline of each process. --list has two threads.
// Of the caller's own namespace, --list does not read cmdline; this program does.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void read_file(int proc, const char* pid, const char* name) {
  char path[64];
  char text[4096];
  snprintf(path, sizeof path, "%s/%s", pid, name);
  const int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (file != -1) {
    while (read(file, text, sizeof text) == sizeof text) {
    }
    close(file);
  }
}

int main(void) {
  DIR* proc = opendir("/proc");
  if (proc == NULL) {
    return 1;
  }
  for (const struct dirent* entry = readdir(proc); entry != NULL; entry = readdir(proc)) {
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') {
      read_file(dirfd(proc), entry->d_name, "status");
      read_file(dirfd(proc), entry->d_name, "cmdline");
    }
  }
  closedir(proc);
  return 0;
}
