#pragma once

#include <cstddef>
#include <new>

namespace pidns::sys {

/// Memory that is shared with forked children, filled with zeros.
/// @throws Error
void* share_memory(std::size_t size);
void unshare_memory(void* memory, std::size_t size);

/// A value shared with forked children.
template <typename Value>
class SharedValue {
 public:
  SharedValue() : value_(new (share_memory(sizeof(Value))) Value()) {}
  SharedValue(const SharedValue&) = delete;
  SharedValue& operator=(const SharedValue&) = delete;
  ~SharedValue() { unshare_memory(value_, sizeof(Value)); }

  Value* operator->() const { return value_; }

 private:
  Value* value_;
};

}  // namespace pidns::sys
