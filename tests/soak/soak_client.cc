#include "soak_client.h"

#include <sys/ipc.h>
#include <sys/shm.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace skerry::soak {
namespace {

using nlohmann::json;

constexpr char kBinaryType[] = "application/octet-stream";
constexpr char kJsonType[] = "application/json";

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> AsBytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string InferPath(const Target& target) {
  return "/v2/models/" + target.name + "/infer";
}

/// The JSON of a request whose only input has `size` bytes after it, or, with
/// `x`, its elements inside.
json InferJson(const Question* question) {
  json input = {{"name", "x"}, {"datatype", "FP32"}, {"shape", {1, 64}}};
  if (question != nullptr) {
    input["data"] = question->x;
  } else {
    input["parameters"] = {{"binary_data_size", kTensorBytes}};
  }
  json request = {{"inputs", json::array({input})}};
  if (question == nullptr) {
    request["parameters"] = {{"binary_data_output", true}};
  }
  return request;
}

/// The bytes of the only output in an answer with JSON, or after it.
std::string OutputBytes(const HttpAnswer& answer, bool binary) {
  if (binary) {
    return answer.body.size() < kTensorBytes
               ? ""
               : answer.body.substr(answer.body.size() - kTensorBytes);
  }
  const json body = json::parse(answer.body, nullptr, /*exceptions=*/false);
  if (!body.is_object() || !body.contains("outputs")) return "";
  std::string bytes;
  for (const json& value : body["outputs"][0]["data"]) {
    const float number = value.is_number() ? value.get<float>() : -1;
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return bytes;
}

bool Has(const std::vector<int>& codes, int code) {
  return std::ranges::find(codes, code) != codes.end();
}

std::string Words(const grpc::Status& status) {
  return std::to_string(status.error_code()) + " " + status.error_message();
}

}  // namespace

Segment::Segment(std::size_t byte_count)
    : id_(shmget(IPC_PRIVATE, byte_count, IPC_CREAT | 0600)) {
  void* const start = shmat(id_, nullptr, 0);
  if (start == reinterpret_cast<void*>(-1)) return;
  bytes_ = static_cast<std::byte*>(start);
  shmid_ds about = {};
  shmctl(id_, IPC_STAT, &about);
  about.shm_perm.mode = 0400;
  shmctl(id_, IPC_SET, &about);
}

Segment::~Segment() {
  if (bytes_ != nullptr) shmdt(bytes_);
  if (id_ >= 0) shmctl(id_, IPC_RMID, nullptr);
}

SoakClient::SoakClient(std::string socket, const std::vector<Target>& targets,
                       std::uint64_t seed, Tally& tally)
    : socket_(std::move(socket)),
      targets_(targets),
      random_(seed),
      tally_(tally),
      caller_(socket_),
      http_(socket_),
      segment_(kTensorBytes) {}

void SoakClient::Ask() {
  using Kind = void (SoakClient::*)();
  // Right requests are most of them.
  static constexpr Kind kKinds[] = {
      &SoakClient::InferInline,      &SoakClient::InferShared,
      &SoakClient::Predict,          &SoakClient::PredictSegment,
      &SoakClient::PostJson,         &SoakClient::PostBinary,
      &SoakClient::PostBinary,       &SoakClient::InferShared,
      &SoakClient::InferInline,      &SoakClient::Predict,
      &SoakClient::AbandonPost,      &SoakClient::InferMalformed,
      &SoakClient::PredictMalformed, &SoakClient::PostMalformed,
  };
  // Each of these takes a connection of its own, which is slow.
  if (Below(random_, 200) == 0) return SendGarbage();
  (this->*kKinds[Below(random_, std::size(kKinds))])();
}

const Target& SoakClient::SomeTarget() {
  return targets_[Below(random_, targets_.size())];
}

Patience SoakClient::SomePatience() {
  Patience patience;
  const std::chrono::microseconds short_time(Below(random_, 400));
  const std::uint64_t kind = Below(random_, 20);
  if (kind == 0) patience.deadline = short_time;
  if (kind == 1) patience.cancel_after = short_time / 2;
  return patience;
}

inference::ModelInferRequest SoakClient::BasicRequest(const Target& target) {
  inference::ModelInferRequest request;
  request.set_model_name(target.name);
  request.set_id(std::to_string(random_()));
  auto* input = request.add_inputs();
  input->set_name("x");
  input->set_datatype("FP32");
  input->add_shape(1);
  input->add_shape(kElementCount);
  return request;
}

void SoakClient::Judge(const grpc::Status& status, const Patience& patience,
                       const Target& target, bool right,
                       const std::string& what) {
  const int code = status.error_code();
  const bool hasty = patience.cancel_after.has_value() ||
                     patience.deadline < std::chrono::seconds(1);
  if (status.ok() && right) return tally_.Add(Outcome::kRight);
  if (status.ok()) {
    return tally_.AddFault(Outcome::kCrossed, what + " of " + target.name);
  }
  if (hasty && (code == grpc::CANCELLED || code == grpc::DEADLINE_EXCEEDED)) {
    return tally_.Add(Outcome::kGivenUp);
  }
  if (Has(target.codes, code)) {
    return tally_.Add(Outcome::kRefused);
  }
  tally_.AddFault(Outcome::kLost,
                  what + " of " + target.name + ": " + Words(status));
}

void SoakClient::InferInline() {
  const Target& target = SomeTarget();
  const Question question = Question::Make(random_);
  const Patience patience = SomePatience();
  inference::ModelInferRequest request = BasicRequest(target);
  request.add_raw_input_contents(std::string(AsText(question.bytes())));
  inference::ModelInferResponse response;
  const grpc::Status status = caller_.Infer(request, response, patience);
  const bool right =
      response.id() == request.id() &&
      response.raw_output_contents_size() == 1 &&
      question.IsAnsweredBy(AsBytes(response.raw_output_contents(0)), target);
  Judge(status, patience, target, right, "ModelInfer");
}

/// Memory that no request of before can still write to.
bool SoakClient::RenewRegion() {
  if (region_ != nullptr) return true;
  auto region = agent::Region::Create(2 * kTensorBytes);
  if (!region) return false;
  const grpc::Status status = caller_.Register(
      (*region)->name(), (*region)->key(), (*region)->bytes().size());
  if (status.ok()) {
    region_ = *std::move(region);
  } else {
    tally_.AddFault(Outcome::kLost, "Register: " + Words(status));
  }
  return status.ok();
}

void SoakClient::InferShared() {
  if (!RenewRegion()) return;
  const Target& target = SomeTarget();
  const Question question = Question::Make(random_);
  const Patience patience = SomePatience();
  std::ranges::copy(question.bytes(), region_->bytes().begin());
  inference::ModelInferRequest request = BasicRequest(target);
  const auto point = [this](auto& tensor, std::int64_t offset) {
    auto& parameters = *tensor.mutable_parameters();
    parameters["shared_memory_region"].set_string_param(region_->name());
    parameters["shared_memory_byte_size"].set_int64_param(kTensorBytes);
    parameters["shared_memory_offset"].set_int64_param(offset);
  };
  point(*request.mutable_inputs(0), 0);
  auto* output = request.add_outputs();
  output->set_name("y");
  point(*output, kTensorBytes);
  inference::ModelInferResponse response;
  const grpc::Status status = caller_.Infer(request, response, patience);
  const bool right =
      response.id() == request.id() &&
      question.IsAnsweredBy(region_->bytes().subspan(kTensorBytes), target);
  std::string what = "ModelInfer in shared memory";
  if (status.ok() && !right) {
    what += " (" + question.Compare(region_->bytes().subspan(kTensorBytes)) +
            "; id " + request.id() + ", " + response.id() + ")";
  }
  Judge(status, patience, target, right, what);
  if (status.ok() && Below(random_, 500) != 0) return;
  caller_.Unregister(region_->name());
  region_ = nullptr;
}

void SoakClient::Predict() {
  const Target& target = SomeTarget();
  const Question question = Question::Make(random_);
  const Patience patience = SomePatience();
  edge::PredictRequest request;
  request.set_name(target.name);
  request.add_tensors()->set_byte_data(std::string(AsText(question.bytes())));
  edge::PredictResponse response;
  const grpc::Status status = caller_.Predict(request, response, patience);
  const bool right =
      response.tensors_size() == 1 &&
      question.IsAnsweredBy(AsBytes(response.tensors(0).byte_data()), target);
  Judge(status, patience, target, right, "Predict");
}

void SoakClient::PredictSegment() {
  const Target& target = SomeTarget();
  const Question question = Question::Make(random_);
  // Without haste: a request given up would read what the next one wrote.
  const Patience patience;
  std::ranges::copy(question.bytes(), segment_.bytes());
  edge::PredictRequest request;
  request.set_name(target.name);
  request.add_tensors()->mutable_shared_memory_handle()->set_segment_id(
      static_cast<std::uint64_t>(segment_.id()));
  edge::PredictResponse response;
  const grpc::Status status = caller_.Predict(request, response, patience);
  const bool right =
      response.tensors_size() == 1 &&
      question.IsAnsweredBy(AsBytes(response.tensors(0).byte_data()), target);
  Judge(status, patience, target, right, "Predict of a segment");
}

void SoakClient::JudgePost(const Target& target, const Question& question,
                           bool binary) {
  const std::string what = binary ? "POST of bytes" : "POST of JSON";
  const auto answer = http_.Receive();
  if (!answer) {
    http_.Close();
    return tally_.AddFault(Outcome::kLost,
                           what + " to " + target.name + ": no answer");
  }
  if (answer->status == 200) {
    if (question.IsAnsweredBy(AsBytes(OutputBytes(*answer, binary)), target)) {
      return tally_.Add(Outcome::kRight);
    }
    return tally_.AddFault(Outcome::kCrossed, what + " to " + target.name);
  }
  const int status = answer->status;
  const bool gone = Has(target.codes, grpc::NOT_FOUND);
  if (status == 429 || status == 503 || (status == 404 && gone)) {
    return tally_.Add(Outcome::kRefused);
  }
  tally_.AddFault(Outcome::kLost, what + " to " + target.name + ": " +
                                      std::to_string(status) + " " +
                                      answer->body);
}

void SoakClient::PostJson() {
  const Target& target = SomeTarget();
  const Question question = Question::Make(random_);
  const std::string body = InferJson(&question).dump();
  if (!http_.Send(HttpConnection::Post(InferPath(target), body, kJsonType))) {
    http_.Close();  // closed while it was idle
    http_.Send(HttpConnection::Post(InferPath(target), body, kJsonType));
  }
  JudgePost(target, question, /*binary=*/false);
}

void SoakClient::PostBinary() {
  const Target& target = SomeTarget();
  const Question question = Question::Make(random_);
  const std::string head = InferJson(nullptr).dump();
  const std::string request = HttpConnection::Post(
      InferPath(target), head + std::string(AsText(question.bytes())),
      kBinaryType,
      "Inference-Header-Content-Length: " + std::to_string(head.size()) +
          "\r\n");
  if (!http_.Send(request)) {
    http_.Close();
    http_.Send(request);
  }
  JudgePost(target, question, /*binary=*/true);
}

/// Asks, and goes away without waiting; now and then in mid-sentence.
void SoakClient::AbandonPost() {
  const Question question = Question::Make(random_);
  std::string request = HttpConnection::Post(
      InferPath(SomeTarget()), InferJson(&question).dump(), kJsonType);
  if (Below(random_, 2) == 0) request.resize(Below(random_, request.size()));
  http_.Send(request);
  http_.Close();
  tally_.Add(Outcome::kGivenUp);
}

void SoakClient::JudgeMalformed(const grpc::Status& status,
                                const std::string& what) {
  switch (status.error_code()) {
    case grpc::INVALID_ARGUMENT:
    case grpc::NOT_FOUND:
    case grpc::PERMISSION_DENIED:
    case grpc::OUT_OF_RANGE:
    case grpc::RESOURCE_EXHAUSTED:
    case grpc::UNAVAILABLE:
      return tally_.Add(Outcome::kRefused);
    default:
      return tally_.AddFault(Outcome::kLost,
                             "malformed " + what + ": " + Words(status));
  }
}

void SoakClient::InferMalformed() {
  const Question question = Question::Make(random_);
  inference::ModelInferRequest request = BasicRequest(SomeTarget());
  request.add_raw_input_contents(std::string(AsText(question.bytes())));
  auto* input = request.mutable_inputs(0);
  auto& parameters = *input->mutable_parameters();
  switch (Below(random_, 8)) {
    case 0:
      request.mutable_raw_input_contents(0)->pop_back();
      break;
    case 1:
      request.set_model_name("../../no such model" + std::string(1000, 'x'));
      break;
    case 2:
      input->set_datatype("INT64");
      break;
    case 3:
      input->set_shape(1, std::int64_t{1} << 62);
      break;
    case 4:
      input->set_name("no such input");
      break;
    case 5:
      request.add_raw_input_contents("more");
      break;
    case 6:
      request.add_outputs()->set_name("no such output");
      break;
    default:
      request.clear_raw_input_contents();
      parameters["shared_memory_region"].set_string_param("no such region");
      parameters["shared_memory_byte_size"].set_int64_param(-1);
      break;
  }
  inference::ModelInferResponse response;
  JudgeMalformed(caller_.Infer(request, response, {}), "ModelInfer");
}

void SoakClient::PredictMalformed() {
  edge::PredictRequest request;
  request.set_name(SomeTarget().name);
  auto* tensor = request.add_tensors();
  auto* handle = tensor->mutable_shared_memory_handle();
  handle->set_segment_id(static_cast<std::uint64_t>(segment_.id()));
  switch (Below(random_, 6)) {
    case 0:
      handle->set_offset(~std::uint64_t{0});
      break;
    case 1:
      handle->set_size(std::uint64_t{1} << 63);
      break;
    case 2:
      handle->set_segment_id(random_());
      break;
    case 3:
      tensor->set_byte_data("short");
      break;
    case 4:
      request.clear_tensors();
      break;
    default:
      tensor->mutable_tensor_metadata()->set_name("\xFF\xFE");
      break;
  }
  edge::PredictResponse response;
  JudgeMalformed(caller_.Predict(request, response, {}), "Predict");
}

void SoakClient::PostMalformed() {
  const std::string path = InferPath(SomeTarget());
  const std::string head = InferJson(nullptr).dump();
  std::string request;
  switch (Below(random_, 5)) {
    case 0:
      request = HttpConnection::Post(path, "{\"inputs\":[", kJsonType);
      break;
    case 1:
      request = HttpConnection::Post(path, "[[[[[[1]]]]]]", kJsonType);
      break;
    case 2:  // fewer bytes than it claims
      request = HttpConnection::Post(path, head + "short", kBinaryType,
                                     "Inference-Header-Content-Length: " +
                                         std::to_string(head.size()) + "\r\n");
      break;
    case 3:
      request = HttpConnection::Post(
          path, head, kBinaryType,
          "Inference-Header-Content-Length: 18446744073709551615\r\n");
      break;
    default:
      request = "BREW /v2 HTTP/1.1\r\nHost: pot\r\n\r\n";
      break;
  }
  if (!http_.Send(request)) {
    http_.Close();
    http_.Send(request);
  }
  const auto answer = http_.Receive();
  if (!answer) http_.Close();
  if (answer && answer->status >= 400 && answer->status < 600 &&
      answer->status != 500) {
    return tally_.Add(Outcome::kRefused);
  }
  tally_.AddFault(Outcome::kLost,
                  "malformed POST: " + (answer ? answer->head : "no answer"));
}

/// Bytes that are neither HTTP/1.1 nor right HTTP/2, on a connection of their
/// own.
void SoakClient::SendGarbage() {
  HttpConnection connection(socket_);
  std::string bytes;
  if (Below(random_, 2) == 0) bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::uint64_t count = Below(random_, 300);
  for (std::uint64_t i = 0; i < count; ++i) {
    bytes.push_back(static_cast<char>(random_()));
  }
  connection.Send(bytes);
  tally_.Add(Outcome::kGivenUp);
}

}  // namespace skerry::soak
