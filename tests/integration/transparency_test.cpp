#include <catch2/catch.hpp>

#include "harness.hpp"

using namespace harness;

TEST_CASE("who reads from the command sees its stdout close while it runs on", "[transparency]") {
  for (const std::string init : {"--fork", "--init"}) {
    const TemporaryDirectory directory;
    const Result result =
        run({"bash", "-c",
             "mkfifo fifo; " + pidns_binary() + " " + init +
                 " sh -c 'echo out; exec >&-; read line <fifo; exit 7' | { cat; echo end; : >fifo; }; "
                 "echo ${PIPESTATUS[0]}"},
            {.directory = directory.path()});
    CHECK(result.out == "out\nend\n7\n");
  }
}

TEST_CASE("who writes to the command gets SIGPIPE when it closes stdin and runs on", "[transparency]") {
  for (const std::string init : {"--fork", "--init"}) {
    const TemporaryDirectory directory;
    const Result result = run({"bash", "-c",
                               "mkfifo fifo; { yes; echo $? >fifo; } | " + pidns_binary() + " " + init +
                                   " sh -c 'exec <&-; read status <fifo; echo $status'"},
                              {.directory = directory.path()});
    CHECK(result.out == "141\n");
  }
}
