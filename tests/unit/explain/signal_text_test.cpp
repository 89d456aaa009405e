#include "pidns/explain/signal_text.hpp"

#include <algorithm>
#include <csignal>

#include "support/catch.hpp"

using namespace pidns;

namespace {

/// A text without its marks.
std::string unmarked(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c >= '\x01' && c <= '\x03'; }),
             text.end());
  return text;
}

std::string joined(const Step& step) {
  std::string text;
  for (const std::string& sentence : step.sentences) {
    text += unmarked(sentence) + "\n";
  }
  return text;
}

std::string signal_sentences(int signal, const Decision& decision, const Dispositions& dispositions) {
  const Sender sender{.origin = decision.relay ? Origin::process : Origin::group, .code = SI_USER, .pid = 7};
  return joined(describe_signal(signal, sender, Receiver::init, decision, dispositions));
}

std::string headline_from(Origin origin, int code, pid_t pid) {
  const Sender sender{.origin = origin, .code = code, .pid = pid};
  return unmarked(describe_signal(SIGTERM, sender, Receiver::init, {}, std::nullopt).headline);
}

}  // namespace

TEST_CASE("a signal is narrated with what PID 1 does with it", "[explain]") {
  const SignalSet term = SignalSet::of(SIGTERM);
  const Decision relay{.relay = true};
  CHECK(signal_sentences(SIGTERM, relay, {.caught = term}) ==
        "pidns passes it on to PID 1. PID 1 has a handler for it.\n");
  CHECK_THAT(signal_sentences(SIGTERM, relay, {.ignored = term}), Catch::Contains("PID 1 ignores it."));
  CHECK_THAT(signal_sentences(SIGTERM, relay, {.awaited = term}), Catch::Contains("PID 1 waits for it."));
  CHECK_THAT(signal_sentences(SIGTERM, {.relay = true, .watch = true}, {.blocked = term}),
             Catch::Contains("PID 1 blocks it; pidns watches whether it is handled or discarded.\n"));
  CHECK_THAT(signal_sentences(SIGTERM, relay, {.blocked = term}), Catch::Contains("PID 1 blocks it.\n"));
  CHECK_THAT(signal_sentences(SIGTERM, relay, {.pending = term}),
             Catch::Contains("PID 1 may be holding it.\n"));
  CHECK_THAT(signal_sentences(SIGWINCH, relay, {}),
             Catch::Contains("its default action is to do nothing.\n"));
  CHECK_THAT(signal_sentences(SIGTERM, relay, {.ended = true}),
             Catch::Contains("PID 1 has already exited.\n"));
  CHECK_THAT(signal_sentences(SIGTERM, {.relay = true, .apply_default = true}, {}),
             Catch::Contains("the kernel discards such a signal"));
  CHECK_THAT(signal_sentences(SIGINT, {.apply_default = true}, {}),
             Catch::StartsWith("PID 1 has already received it. PID 1 has no handler for it"));
}

TEST_CASE("a signal is narrated with its sender", "[explain]") {
  CHECK(headline_from(Origin::process, SI_USER, 7) == "SIGTERM from PID 7");
  CHECK(headline_from(Origin::process, SI_USER, 0) == "SIGTERM from an unknown process");
  CHECK(headline_from(Origin::group, SI_USER, 7) ==
        "SIGTERM from PID 7, a process inside, to the whole process group");
  CHECK(headline_from(Origin::group, SI_KERNEL, 0) ==
        "SIGTERM from the terminal, to the whole process group");
  CHECK(headline_from(Origin::process, SI_KERNEL, 0) == "SIGTERM from the kernel");
  CHECK(headline_from(Origin::process, SI_TIMER, 0) == "SIGTERM from a timer");
}

TEST_CASE("the end is narrated with what it means for pidns", "[explain]") {
  const ExitStatus exited{.killed = false, .value = 3};
  const ExitStatus killed{.killed = true, .value = SIGKILL};
  const ExitStatus terminated{.killed = true, .value = SIGTERM};
  const Step step = describe_ending(Receiver::init, exited, exited);
  CHECK(unmarked(step.headline) ==
        "PID 1 exited with status 3, and so does pidns; the kernel kills all inside");
  CHECK(step.sentences.empty());
  const Step other = describe_ending(Receiver::init, killed, terminated);
  CHECK(unmarked(other.headline) == "PID 1 was killed by SIGKILL");
  CHECK_THAT(joined(other), Catch::EndsWith("pidns dies of SIGTERM: a shell shows status 143.\n"));
  CHECK(describe_ending(Receiver::pidns_as_init, exited, terminated).headline ==
        "COMMAND was killed by SIGTERM");
  CHECK(describe_ending(Receiver::pidns_as_init, exited, exited).headline ==
        "COMMAND exited with status 3, and so do PID 1 and pidns");
  CHECK(describe_ending(Receiver::joined_command, exited, exited).headline == "COMMAND exited with status 3");
}
