#pragma once

namespace skerry::agent {

/// What happens when an operation on the completion queue ends: the tag.
class Completion {
 public:
  /// Called on the completion queue's thread. `ok` is gRPC's.
  virtual void Complete(bool ok) = 0;

 protected:
  ~Completion() = default;
};

/// A completion that calls a member function of its owner.
template <class Owner>
class MemberCompletion final : public Completion {
 public:
  using Function = void (Owner::*)(bool ok);

  MemberCompletion(Owner& owner, Function function)
      : owner_(owner), function_(function) {}

  void Complete(bool ok) override { (owner_.*function_)(ok); }

 private:
  Owner& owner_;
  Function function_;
};

}  // namespace skerry::agent
