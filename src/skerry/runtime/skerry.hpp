/// The C++ face of skerry.h: the same functions behind types that own what
/// they hold and answer with `std::expected`. Header-only; C++23.
///
///     auto model = skerry::api::Model::Load("model.so");
///     if (!model) return Complain(model.error().message);
///     auto session = skerry::api::Session::Create(*model);
///     if (!session) return Complain(session.error().message);
///     std::vector<float> scores(1000);
///     auto ran = session->Run({skerry::api::Input(image)},
///                             {skerry::api::Output(scores)});
///
/// Thread safety: as in skerry.h. A `Model` is immutable; calls on one
/// `Session` must not overlap.
#pragma once

#include <cstddef>
#include <expected>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "skerry.h"  // beside this file, in the source tree and installed

namespace skerry::api {

/// What went wrong, and a sentence for a person.
struct Error {
  SkerryStatus status;
  std::string message;
};

template <class T>
using Expected = std::expected<T, Error>;

/// `values` as an input; `values` is any contiguous range.
template <class Range>
SkerryInput Input(const Range& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.data(), bytes.size()};
}

/// `values` as the place of an output; it has its full size already.
template <class Range>
SkerryOutput Output(Range&& values) {
  const auto bytes = std::as_writable_bytes(std::span(values));
  return {bytes.data(), bytes.size()};
}

namespace internal {

inline std::unexpected<Error> Last(SkerryStatus status) {
  return std::unexpected(Error{status, skerry_last_error()});
}

struct Destroy {
  void operator()(SkerryModel* model) const { skerry_model_destroy(model); }
  void operator()(SkerrySession* session) const {
    skerry_session_destroy(session);
  }
};

}  // namespace internal

/// A loaded model.
class Model {
 public:
  /// See skerry_model_load_file and skerry_model_load_bytes.
  static Expected<Model> Load(const std::string& path) {
    SkerryModel* handle = nullptr;
    const SkerryStatus status = skerry_model_load_file(path.c_str(), &handle);
    if (status != SKERRY_OK) return internal::Last(status);
    return Model(handle);
  }
  static Expected<Model> Load(std::span<const std::byte> file) {
    SkerryModel* handle = nullptr;
    const SkerryStatus status =
        skerry_model_load_bytes(file.data(), file.size(), &handle);
    if (status != SKERRY_OK) return internal::Last(status);
    return Model(handle);
  }

  std::size_t input_count() const { return skerry_model_input_count(get()); }
  std::size_t output_count() const { return skerry_model_output_count(get()); }

  /// Input or output `index`, which must be less than the count.
  SkerryTensorInfo input(std::size_t index) const {
    SkerryTensorInfo info{};
    skerry_model_input(get(), index, &info);
    return info;
  }
  SkerryTensorInfo output(std::size_t index) const {
    SkerryTensorInfo info{};
    skerry_model_output(get(), index, &info);
    return info;
  }
  SkerryModelInfo info() const {
    SkerryModelInfo info{};
    skerry_model_info(get(), &info);
    return info;
  }

  const SkerryModel* get() const { return handle_.get(); }

 private:
  explicit Model(SkerryModel* handle) : handle_(handle) {}

  std::unique_ptr<SkerryModel, internal::Destroy> handle_;
};

/// Memory and threads to run a model with. Does not need the `Model` object to
/// stay.
class Session {
 public:
  static Expected<Session> Create(const Model& model,
                                  SkerrySessionOptions options = {}) {
    options.struct_bytes = sizeof options;
    SkerrySession* handle = nullptr;
    const SkerryStatus status =
        skerry_session_create(model.get(), &options, &handle);
    if (status != SKERRY_OK) return internal::Last(status);
    return Session(handle);
  }

  /// See skerry_session_run. Without `outputs` the session's own buffers are
  /// used.
  Expected<void> Run(std::span<const SkerryInput> inputs,
                     std::span<const SkerryOutput> outputs) {
    const SkerryStatus status = skerry_session_run(
        get(), inputs.data(), inputs.size(), outputs.data(), outputs.size());
    if (status != SKERRY_OK) return internal::Last(status);
    return {};
  }
  Expected<void> Run(std::span<const SkerryInput> inputs) {
    return Run(inputs, {});
  }
  Expected<void> Run(std::initializer_list<SkerryInput> inputs,
                     std::initializer_list<SkerryOutput> outputs = {}) {
    return Run(std::span(inputs.begin(), inputs.size()),
               std::span(outputs.begin(), outputs.size()));
  }

  /// The session's own buffer for output `index`, which must be less than the
  /// count. `T` is the output's element type.
  template <class T>
  std::span<const T> Output(std::size_t index) const {
    const void* data = nullptr;
    std::size_t byte_count = 0;
    skerry_session_output(get(), index, &data, &byte_count);
    return {static_cast<const T*>(data), byte_count / sizeof(T)};
  }

  int thread_count() const { return skerry_session_thread_count(get()); }

  SkerrySession* get() const { return handle_.get(); }

 private:
  explicit Session(SkerrySession* handle) : handle_(handle) {}

  std::unique_ptr<SkerrySession, internal::Destroy> handle_;
};

}  // namespace skerry::api
