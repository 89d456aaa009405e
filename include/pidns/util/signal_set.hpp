#pragma once

#include <bit>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pidns {

inline constexpr int last_signal = 64;

/// A set of the kernel's signals 1 to 64, as the kernel and /proc/PID/status lay it out: signal N is bit N-1.
/// Not sigset_t: glibc keeps signals 32 and 33 for itself and filters them out of every mask.
class SignalSet {
 public:
  constexpr SignalSet() = default;
  constexpr explicit SignalSet(std::uint64_t bits) : bits_(bits) {}
  static constexpr SignalSet all() { return SignalSet(~std::uint64_t{0}); }
  static constexpr SignalSet of(int signal) { return SignalSet(std::uint64_t{1} << (signal - 1)); }

  [[nodiscard]] constexpr bool contains(int signal) const { return (bits_ & of(signal).bits_) != 0; }
  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  constexpr SignalSet operator|(SignalSet other) const { return SignalSet(bits_ | other.bits_); }
  constexpr SignalSet operator&(SignalSet other) const { return SignalSet(bits_ & other.bits_); }
  constexpr SignalSet operator~() const { return SignalSet(~bits_); }
  constexpr bool operator==(const SignalSet&) const = default;

  /// Goes through the signals of a set, the lowest first.
  class Iterator {
   public:
    constexpr explicit Iterator(std::uint64_t left) : left_(left) {}
    constexpr int operator*() const { return std::countr_zero(left_) + 1; }
    constexpr Iterator& operator++() {
      left_ &= left_ - 1;
      return *this;
    }
    constexpr bool operator==(const Iterator&) const = default;

   private:
    std::uint64_t left_;
  };
  [[nodiscard]] constexpr Iterator begin() const { return Iterator(bits_); }
  [[nodiscard]] static constexpr Iterator end() { return Iterator(0); }

 private:
  std::uint64_t bits_ = 0;
};

/// What the kernel does with a signal that a process neither catches nor ignores: signal(7).
enum class DefaultAction { terminate, stop, ignore };

DefaultAction default_action(int signal);
/// A signal, if an ordinary process dies of it; none otherwise.
SignalSet deadly(int signal);

/// `SIGTERM`, `SIGRTMIN+3`; the bare number where there is no name.
std::string signal_name(int signal);

/// A short description of a signal: `Hangup`; empty for one without a name.
std::string_view signal_meaning(int signal);

/// Reads a signal as kill(1) takes it: `TERM`, `SIGTERM`, `15`, `RTMIN+3`, `RTMAX-1`, in either case.
std::optional<int> parse_signal(std::string_view text);

}  // namespace pidns
