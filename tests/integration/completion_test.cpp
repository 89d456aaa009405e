#include <filesystem>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness.hpp"
#include "support/catch.hpp"

using harness::Terminal;

namespace {

/// A shell with the completion of pidns. When a line is entered, its `pidns` only tells its arguments, so
/// what Tab has made of the line is seen.
struct CompletingShell {
  std::string name;
  std::string options;   ///< of an interactive shell that reads $1 at its start
  std::string start;     ///< what it reads there
  std::string profile;   ///< the file below the home directory that a login reads
  std::string complete;  ///< makes completions work where a login alone does not
  std::string tell;      ///< defines such a `pidns` and the prompt
};

const CompletingShell& shell_named(const std::string& name) {
  static const std::vector<CompletingShell> shells{{.name = "bash",
                                                    .options = "--rcfile $1 -i",
                                                    .start = R"(
. /usr/share/bash-completion/bash_completion
. <("$PIDNS" --completion bash)
)",
                                                    .profile = ".bash_profile",
                                                    .complete = "",
                                                    .tell = R"(
pidns() { printf '<%s>' "$@" ''; echo; }
PS1='ready''> '
)"},
                                                   {.name = "zsh",
                                                    .options = "-i",
                                                    .start = R"(
"$PIDNS" --completion zsh > functions/_pidns
fpath=($PWD/functions $fpath)
)",
                                                    .profile = ".zshrc",
                                                    .complete = "autoload -Uz compinit && compinit -u -D\n",
                                                    .tell = R"(
unsetopt auto_remove_slash
pidns() { printf '<%s>' "$@" ''; echo; }
PS1='ready''> '
)"},
                                                   {.name = "fish",
                                                    .options = "--no-config --init-command \"source $1\" -i",
                                                    .start = R"(
"$PIDNS" --completion fish | source
)",
                                                    .profile = ".config/fish/config.fish",
                                                    .complete = "",
                                                    .tell = R"(
function pidns; printf '<%s>' $argv ''; echo; end
function fish_prompt; echo -n 'ready''> '; end
)"}};
  for (const CompletingShell& shell : shells) {
    if (shell.name == name) {
      return shell;
    }
  }
  throw std::logic_error("no such shell: " + name);
}

struct Line {
  std::string typed;
  std::vector<std::string> arguments;  ///< that pidns gets
};

std::string told(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments) {
    text += "<" + argument + ">";
  }
  return text + "<>";
}

/// What can be read of an output: fish 4 sets the title of the terminal, and marks where a command begins,
/// also if the terminal is dumb.
std::string without_steering(const std::string& text) {
  static const std::regex steering("\x1b\\][^\x07\x1b]*(\x07|\x1b\\\\)|\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[=>]|\r");
  return std::regex_replace(text, steering, "");
}

/// A terminal with such a shell, in a PID namespace of its own, below which there are two others. In these
/// runs one process each; no other process outside of this shell's namespace has a PID that begins with 200.
class Typist {
 public:
  Typist(const CompletingShell& shell, const std::string& as_user,
         const std::string& terminal_type = "dumb") {
    const std::string& home = directory_.path();
    for (const std::string name : {"/bin", "/functions", "/only"}) {
      std::filesystem::create_directory(home + name);
    }
    std::filesystem::copy_file(harness::pidns_binary(), home + "/bin/pidns");
    const std::string start = shell.start + shell.complete + shell.tell;
    harness::write_file(home + "/start", start);
    harness::write_file(home + "/.zshrc", start);
    terminal_.emplace(
        harness::pidns({"sh", "-ec",
                        std::string(prepare) + "exec $AS_USER " + shell.name + " " + shell.options, "sh",
                        home}),
        harness::Setup{.environment = {"TERM=" + terminal_type, "AS_USER=" + as_user, "ONLY_HERE=1"}});
    terminal_->wait_for("ready>");
  }

  [[nodiscard]] const std::string& home() const { return directory_.path(); }
  /// The PIDs of the two processes in other PID namespaces.
  [[nodiscard]] std::string first() const { return pid_in("/first"); }
  [[nodiscard]] std::string second() const { return pid_in("/second"); }

  void enter(const std::string& command) {
    terminal_->type(command + "\r");
    terminal_->wait_for("ready>");
  }

  void check(const Line& line) {
    INFO(line.typed);
    terminal_->type("pidns " + line.typed + "\r");
    const std::string shown = without_steering(terminal_->wait_for("<>"));
    CHECK_THAT(shown, Catch::EndsWith("\n" + told(line.arguments)));
    CHECK_THAT(shown, !Catch::Contains("unknown option"));
    terminal_->wait_for("ready>");
  }

  /// What the shell shows of several words that fit, up to the last of these.
  std::string list(const std::string& typed, const std::vector<std::string>& expected) {
    terminal_->type("pidns " + typed);
    std::string shown;
    for (const std::string& text : expected) {
      INFO(text);
      shown += terminal_->wait_for(text);
    }
    terminal_->type("\x15pidns done\r");  // Ctrl-U: the line is given up
    shown += terminal_->wait_for(told({"done"}));
    terminal_->wait_for("ready>");
    return shown;
  }

 private:
  // The redirections: a process that waits for ever for its input, and says when it runs.
  static constexpr const char* prepare = R"sh(
cd "$1"
export HOME=$1 PIDNS=$1/bin/pidns PATH=$1/bin:$PATH ZDOTDIR=$1
set -- $1/start
mkfifo started never
chmod 666 started never
[ -z "$AS_USER" ] || chown --recursive nobody .
run_inside() {
  $AS_USER pidns --json-status-fd 3 --mount-proc sh -c 'read -r _' "$1" <> never 3<> started &
  read -r line < started
  expr "$line" : '{"child-pid": \([0-9]*\)' > $2
}
echo 20000 > /proc/sys/kernel/ns_last_pid
run_inside 'say "hi" \' first
echo 20010 > /proc/sys/kernel/ns_last_pid
run_inside "$(printf 'turned\342\200\256round')" second
echo 300 > /proc/sys/kernel/ns_last_pid
)sh";

  [[nodiscard]] std::string pid_in(const std::string& file) const {
    return harness::lines(harness::read_file(home() + file)).at(0);
  }

  harness::TemporaryDirectory directory_;
  std::optional<Terminal> terminal_;
};

std::vector<Line> lines_of(const Typist& typist) {
  const std::string& home = typist.home();
  return {
      {"--no-f\t", {"--no-fork"}},
      {"--fork --mount-p\t", {"--fork", "--mount-proc"}},
      {"--kill-child=TE\t", {"--kill-child=TERM"}},
      {"--propagation=sl\t", {"--propagation=slave"}},
      {"--propagation sl\t", {"--propagation", "slave"}},
      {"--completion=f\t", {"--completion=fish"}},
      {"--grace inf\t", {"--grace", "infinity"}},
      {"--mount-proc=" + home + "/on\t", {"--mount-proc=" + home + "/only/"}},
      {"--wd " + home + "/on\t", {"--wd", home + "/only/"}},
      {"-fw " + home + "/on\t", {"-fw", home + "/only/"}},
      {"--map-users=sub\t", {"--map-users=subids"}},
      {"--map-groups au\t", {"--map-groups", "auto"}},
      {"--map-groups=al\t", {"--map-groups=all"}},
      // of the processes whose PIDs begin like this, one is in another PID namespace
      {"--join 2000\t", {"--join", typist.first()}},
      {"--join=2001\t", {"--join=" + typist.second()}},
      {"--list 2001\t", {"--list", typist.second()}},
      {"--list=2000\t", {"--list=" + typist.first()}},
      {"--setuid gam\t", {"--setuid", "games"}},
      {"-S gam\t", {"-S", "games"}},
      {"--map-user=gam\t", {"--map-user=games"}},
      {"--setgid=shado\t", {"--setgid=shadow"}},
      {"--map-group shado\t", {"--map-group", "shadow"}},
      {"--whitelist-env ONLY_H\t", {"--whitelist-env", "ONLY_HERE"}},
      {"--whitelist-env=HOME,ONLY_H\t", {"--whitelist-env=HOME,ONLY_HERE"}},
      {"--whitelist-env HOME,ONLY_H\t", {"--whitelist-env", "HOME,ONLY_HERE"}},
      // what follows is completed as a command of its own
      {"mkfif\t", {"mkfifo"}},
      {"--fork mkfif\t", {"--fork", "mkfifo"}},
      {"-fw / mkfif\t", {"-fw", "/", "mkfifo"}},
      {"--propagation=slave -- mkfif\t", {"--propagation=slave", "--", "mkfifo"}},
      {"--fork cat " + home + "/on\t", {"--fork", "cat", home + "/only/"}},
      {"--fork pidns --no-f\t", {"--fork", "pidns", "--no-fork"}},
      {"--fork echo --no-f\t", {"--fork", "echo", "--no-f"}},  // an option of pidns is not one of echo
      {"-- --no-f\t", {"--", "--no-f"}},                       // nor is it a command
  };
}

void check_completion(const std::string& shell) {
  Typist typist(shell_named(shell), "");
  for (const Line& line : lines_of(typist)) {
    typist.check(line);
  }
}

void check_lists(const std::string& shell) {
  Typist typist(shell_named(shell), "", "xterm");  // on a dumb terminal, fish shows no lists
  // fish shows a stack trace if its `complete` is called wrongly.
  CHECK_THAT(typist.list("--m\t\t", {"--map-auto"}), !Catch::Contains("unknown option"));
  typist.list("--join 200\t\t", {R"(sh -c read -r _ say "hi" \)", "sh -c read -r _ turned?round"});
  typist.list("--kill-child=TT\t\t", {"Stopped (tty input)", "Stopped (tty output)"});
}

void check_without_root(const std::string& shell) {
  Typist typist(shell_named(shell), "setpriv --reuid=nobody --regid=nogroup --clear-groups --");
  typist.check({"--join 2000\t", {"--join", typist.first()}});
}

/// Installs below /usr/local and logs in there, with the environment that sshd gives: only what is installed
/// where the shell looks by itself is found.
void check_login(const std::string& name) {
  const CompletingShell& shell = shell_named(name);
  const harness::TemporaryDirectory home;
  const std::string profile = home.path() + "/" + shell.profile;
  std::filesystem::create_directories(std::filesystem::path(profile).parent_path());
  harness::write_file(profile, shell.complete + shell.tell);
  const std::string install = R"(
DESTDIR=)" + home.path() + R"( cmake --install )" PIDNS_BUILD_DIR R"( --prefix /usr/local > /dev/null
cd )" + home.path() + R"(
mount --bind usr/local /usr/local
if [ -e etc/fish ] && [ -e /etc/fish ]; then
  cp --recursive --no-clobber /etc/fish etc
  mount --bind etc/fish /etc/fish
fi)";
  Terminal terminal(
      harness::after_mounting(install, {"env", "--ignore-environment", "HOME=" + home.path(), "TERM=dumb",
                                        "PATH=/usr/local/bin:/usr/bin:/bin", name, "-l", "-i"}));
  terminal.wait_for("ready>");
  terminal.type("pidns --no-f\t\r");
  CHECK_THAT(terminal.wait_for("<>"), Catch::EndsWith(told({"--no-fork"})));
  terminal.wait_for("ready>");
}

}  // namespace

TEST_CASE("completion in bash", "[.]") {
  check_completion("bash");
}

TEST_CASE("completion in bash: what a list shows", "[.]") {
  check_lists("bash");
}

TEST_CASE("completion in bash: a word that menu-complete inserts comes without its description", "[.]") {
  Typist typist(shell_named("bash"), "");
  typist.enter("bind 'TAB: menu-complete'");
  typist.check({"--join 200\t", {"--join", typist.first()}});
}

TEST_CASE("completion in bash without root", "[.]") {
  check_without_root("bash");
}

TEST_CASE("completion in bash after a login", "[.]") {
  check_login("bash");
}

TEST_CASE("completion in zsh", "[.]") {
  check_completion("zsh");
}

TEST_CASE("completion in zsh: what a list shows", "[.]") {
  check_lists("zsh");
}

TEST_CASE("completion in zsh without root", "[.]") {
  check_without_root("zsh");
}

TEST_CASE("completion in zsh after a login", "[.]") {
  check_login("zsh");
}

TEST_CASE("completion in fish", "[.]") {
  check_completion("fish");
}

TEST_CASE("completion in fish: what a list shows", "[.]") {
  check_lists("fish");
}

TEST_CASE("completion in fish without root", "[.]") {
  check_without_root("fish");
}

TEST_CASE("completion in fish after a login", "[.]") {
  check_login("fish");
}
