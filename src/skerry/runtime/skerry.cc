#include "skerry/runtime/skerry.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "skerry/runtime/session.h"

using skerry::DataType;
using skerry::Error;
using skerry::ErrorCode;
using skerry::InvalidArgument;
using skerry::Manifest;
using skerry::OutOfRange;
using skerry::Result;
using skerry::TensorSpec;
using skerry::runtime::Model;
using skerry::runtime::Session;
using skerry::runtime::SessionOptions;

struct SkerryModel {
  std::shared_ptr<const Model> model;
  std::vector<const char*> cpu_features;  // the manifest's, as C strings
};

struct SkerrySession {
  Session session;
  // The buffers of a run, kept so that it need not allocate.
  std::vector<std::span<const std::byte>> inputs;
  std::vector<std::span<std::byte>> outputs;
};

namespace {

thread_local std::string last_error;

SkerryStatus StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kOutOfRange:
    case ErrorCode::kUnavailable:
    case ErrorCode::kDataLoss:
      return static_cast<SkerryStatus>(code);
    default:
      return SKERRY_INTERNAL;
  }
}

SkerryStatus Fail(const Error& error) {
  last_error = error.message();
  return StatusOf(error.code());
}

SkerryStatus FailNull(const char* what) {
  return Fail(InvalidArgument(std::string(what) + " is null"));
}

SkerryStatus Wrap(Result<std::shared_ptr<const Model>> loaded,
                  SkerryModel** model) {
  if (!loaded) return Fail(loaded.error());
  auto* const made = new SkerryModel{*std::move(loaded), {}};
  for (const std::string& feature : made->model->manifest().cpu_features) {
    made->cpu_features.push_back(feature.c_str());
  }
  *model = made;
  return SKERRY_OK;
}

SkerryStatus Describe(const char* kind, const std::vector<TensorSpec>& specs,
                      size_t index, SkerryTensorInfo* info) {
  if (info == nullptr) return FailNull("info");
  if (index >= specs.size()) {
    return Fail(OutOfRange("there is no " + std::string(kind) + " " +
                           std::to_string(index) + ", the model has " +
                           std::to_string(specs.size())));
  }
  const TensorSpec& spec = specs[index];
  info->name = spec.name.c_str();
  info->data_type = static_cast<SkerryDataType>(spec.type.type);
  info->rank = spec.type.shape.rank();
  info->dims = spec.type.shape.dims().data();
  info->byte_count = static_cast<size_t>(spec.type.byte_count());
  return SKERRY_OK;
}

Result<SessionOptions> ReadOptions(const SkerrySessionOptions* given) {
  SessionOptions options;
  if (given == nullptr) return options;
  if (given->struct_bytes < sizeof given->struct_bytes ||
      given->struct_bytes > sizeof *given) {
    return InvalidArgument("options.struct_bytes is " +
                           std::to_string(given->struct_bytes) +
                           ", want sizeof(SkerrySessionOptions), " +
                           std::to_string(sizeof *given));
  }
  SkerrySessionOptions known{};
  std::memcpy(&known, given, given->struct_bytes);
  if (known.thread_count == -1) {
    options.thread_count = 0;
  } else if (known.thread_count != 0) {
    options.thread_count = known.thread_count;
  }
  if (known.spin_microseconds != 0) {
    options.spin =
        std::chrono::microseconds(std::max(known.spin_microseconds, 0));
  }
  if (known.memory_bytes_max != 0) {
    options.memory_bytes_max = known.memory_bytes_max;
  }
  return options;
}

// Takes the caller's buffers down as spans, without allocating.
template <class Given, class Span>
SkerryStatus TakeBuffers(const char* kind, const Given* given, size_t count,
                         std::vector<Span>& spans) {
  if (count != spans.size()) {
    return Fail(InvalidArgument("got " + std::to_string(count) + " " + kind +
                                "s, the model has " +
                                std::to_string(spans.size())));
  }
  if (given == nullptr && count != 0) return FailNull("the list of buffers");
  using Byte = typename Span::element_type;
  for (size_t i = 0; i < count; ++i) {
    spans[i] = Span(static_cast<Byte*>(given[i].data), given[i].byte_count);
  }
  return SKERRY_OK;
}

}  // namespace

const char* skerry_version(void) { return SKERRY_VERSION; }

const char* skerry_last_error(void) { return last_error.c_str(); }

const char* skerry_data_type_name(SkerryDataType type) {
  const auto known = skerry::DataTypeFromNumber(static_cast<int32_t>(type));
  return known ? skerry::DataTypeName(*known).data() : "unknown";
}

SkerryStatus skerry_model_load_file(const char* path, SkerryModel** model) {
  if (path == nullptr) return FailNull("path");
  if (model == nullptr) return FailNull("model");
  return Wrap(Model::LoadFile(path), model);
}

SkerryStatus skerry_model_load_bytes(const void* data, size_t byte_count,
                                     SkerryModel** model) {
  if (data == nullptr) return FailNull("data");
  if (model == nullptr) return FailNull("model");
  return Wrap(
      Model::LoadBytes({static_cast<const std::byte*>(data), byte_count}),
      model);
}

void skerry_model_destroy(SkerryModel* model) { delete model; }

size_t skerry_model_input_count(const SkerryModel* model) {
  return model == nullptr ? 0 : model->model->manifest().inputs.size();
}

size_t skerry_model_output_count(const SkerryModel* model) {
  return model == nullptr ? 0 : model->model->manifest().outputs.size();
}

SkerryStatus skerry_model_input(const SkerryModel* model, size_t index,
                                SkerryTensorInfo* info) {
  if (model == nullptr) return FailNull("model");
  return Describe("input", model->model->manifest().inputs, index, info);
}

SkerryStatus skerry_model_output(const SkerryModel* model, size_t index,
                                 SkerryTensorInfo* info) {
  if (model == nullptr) return FailNull("model");
  return Describe("output", model->model->manifest().outputs, index, info);
}

SkerryStatus skerry_model_info(const SkerryModel* model,
                               SkerryModelInfo* info) {
  if (model == nullptr) return FailNull("model");
  if (info == nullptr) return FailNull("info");
  const Manifest& manifest = model->model->manifest();
  info->name = manifest.model_name.c_str();
  info->compiler = manifest.compiler.c_str();
  info->source_digest = manifest.source_digest.c_str();
  info->target = manifest.target.c_str();
  info->architecture = manifest.architecture.c_str();
  info->cpu_features = model->cpu_features.data();
  info->cpu_feature_count = model->cpu_features.size();
  info->arena_bytes = manifest.arena_bytes;
  info->scratch_bytes = manifest.scratch_bytes;
  info->weight_bytes = manifest.weight_bytes;
  return SKERRY_OK;
}

SkerryStatus skerry_session_create(const SkerryModel* model,
                                   const SkerrySessionOptions* options,
                                   SkerrySession** session) {
  if (model == nullptr) return FailNull("model");
  if (session == nullptr) return FailNull("session");
  const Result<SessionOptions> wanted = ReadOptions(options);
  if (!wanted) return Fail(wanted.error());
  Result<Session> made = Session::Create(model->model, *wanted);
  if (!made) return Fail(made.error());
  const Manifest& manifest = model->model->manifest();
  *session = new SkerrySession{
      *std::move(made),
      std::vector<std::span<const std::byte>>(manifest.inputs.size()),
      std::vector<std::span<std::byte>>(manifest.outputs.size())};
  return SKERRY_OK;
}

void skerry_session_destroy(SkerrySession* session) { delete session; }

SkerryStatus skerry_session_run(SkerrySession* session,
                                const SkerryInput* inputs, size_t input_count,
                                const SkerryOutput* outputs,
                                size_t output_count) {
  if (session == nullptr) return FailNull("session");
  SkerryStatus status =
      TakeBuffers("input", inputs, input_count, session->inputs);
  if (status != SKERRY_OK) return status;
  const bool own = outputs == nullptr && output_count == 0;
  if (!own) {
    status = TakeBuffers("output", outputs, output_count, session->outputs);
    if (status != SKERRY_OK) return status;
  }
  const Result<void> ran =
      own ? session->session.Run(session->inputs)
          : session->session.Run(session->inputs, session->outputs);
  return ran ? SKERRY_OK : Fail(ran.error());
}

SkerryStatus skerry_session_output(const SkerrySession* session, size_t index,
                                   const void** data, size_t* byte_count) {
  if (session == nullptr) return FailNull("session");
  if (data == nullptr) return FailNull("data");
  SkerryTensorInfo info;
  const SkerryStatus status = Describe(
      "output", session->session.model().manifest().outputs, index, &info);
  if (status != SKERRY_OK) return status;
  *data = session->session.output(index).data();
  if (byte_count != nullptr) *byte_count = info.byte_count;
  return SKERRY_OK;
}

int32_t skerry_session_thread_count(const SkerrySession* session) {
  return session == nullptr ? 0 : session->session.thread_count();
}
