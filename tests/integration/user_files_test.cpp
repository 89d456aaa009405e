#include <string>
#include <vector>

#include "harness.hpp"
#include "support/catch.hpp"

using namespace harness;

/// /etc/subuid, /etc/passwd and the others may hold anything. What pidns does with it is a map or one
/// message.
namespace {

const std::string noise = "other:1:2\n# comment\n\n:::\n::::::::\nother:x\n\xff\xfe:1:1\n";
const std::string pad(3'000'000, 'x');

struct Row {
  std::string content;
  std::string expected;  // what the command prints, or the message of pidns
};

/// Runs pidns where a file has another content.
Result run_with(const std::string& file, const std::string& content,
                const std::vector<std::string>& arguments) {
  const TemporaryDirectory directory;
  write_file(directory.path() + "/file", content);
  return run(after_mounting("mount --bind " + directory.path() + "/file " + file, harness::pidns(arguments)));
}

std::string answer_of(const Result& result) {
  if (result.status() == 0) {
    return result.out;
  }
  CHECK(result.status() == 125);
  return message_of(result).text;
}

std::string many_lines(const std::string& line, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += line;
  }
  return text;
}

}  // namespace

TEST_CASE("whatever the files of subordinate ids hold, a map is made or one line says why not",
          "[user_namespace]") {
  const std::string none = "--map-users: /etc/subuid has no line for user root";
  const std::string map = "    100000     100000      65536\n";
  for (const auto& [content, expected] : {
           Row{"", none},
           Row{"\n\n\n", none},
           Row{std::string(100'000, '\0'), none},
           Row{std::string("root\0:100000:65536\n", 19), none},
           Row{"root", none},
           Row{"root:", none},
           Row{"root::", none},
           Row{"root:100000", none},
           Row{"root:-1:65536\n", none},
           Row{"root:100000:-5\n", none},
           Row{"root:+100000:65536\n", none},
           Row{"root:0x100000:65536\n", none},
           Row{"root:99999999999:65536\n", none},
           Row{"root:100000:99999999999\n", none},
           Row{" root:100000:65536\n", none},
           Row{"Root:100000:65536\n", none},
           Row{"root:100000:0\n", "--map-users: 100000:100000:0 maps no ID"},
           Row{"root:4294967290:65536\n",
               "--map-users: 4294967290:4294967290:65536 goes beyond 4294967294, the last ID"},
           Row{"root:100000:65536", map},
           Row{"root:100000:65536\nroot:100000:65536\nroot:5:5\n", map},
           Row{"root:-1:65536\nroot:100000:65536\n", map},
           Row{"0:100000:65536\n", map},
           Row{noise + "root:100000:65536\n" + noise, map},
           Row{pad + "\nroot:100000:65536\n", map},
           Row{many_lines("other:100000:65536\n", 200'000) + "root:100000:65536\n", map},
       }) {
    INFO(content.substr(0, 60));
    const Result result = run_with("/etc/subuid", content,
                                   {"--map-users=subids", "--map-groups=0:0:1", "cat", "/proc/self/uid_map"});
    CHECK(answer_of(result) == expected);
  }
}

TEST_CASE("whatever passwd and group hold, an id is found or one line says that there is none",
          "[user_namespace]") {
  const std::string none = "--setuid: unknown user 'someone'";
  for (const auto& [content, expected] : {
           Row{"", none},
           Row{std::string(100'000, '\0'), none},
           Row{"someone", none},
           Row{"someone:x:", none},
           Row{"someone:x:-7:7::/:/bin/sh\n", none},
           Row{"someone:x:99999999999:7::/:/bin/sh\n", none},
           Row{"someone:x:4294967295:7::/:/bin/sh\n", none},
           Row{"#someone:x:7:7::/:/bin/sh\n", none},
           Row{"+someone:x:7:7::/:/bin/sh\n", none},
           Row{"someone:x:7", "7\n"},
           Row{"someone:x:7:7::/:/bin/sh\nsomeone:x:8:8::/:/bin/sh\n", "7\n"},
           Row{"someone:x:-7:\nsomeone:x:8:\n", "8\n"},
           Row{noise + "someone:x:7:7::/:/bin/sh\n" + noise, "7\n"},
           Row{pad + "\nsomeone:x:7:7::/:/bin/sh\n", "7\n"},
           Row{many_lines("other:x:9:9::/:/bin/sh\n", 200'000) + "someone:x:7:7::/:/bin/sh\n", "7\n"},
       }) {
    INFO(content.substr(0, 60));
    CHECK(answer_of(run_with("/etc/passwd", content, {"--setuid=someone", "id", "-u"})) == expected);
    const std::string message = "--setgid: unknown group 'someone'";
    CHECK(answer_of(run_with("/etc/group", content, {"--setgid=someone", "id", "-g"})) ==
          (expected == none ? message : expected));
  }
}
