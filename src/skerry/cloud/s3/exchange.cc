#include <array>
#include <utility>

#include "skerry/aws/digest.h"
#include "skerry/cloud/s3/call.h"
#include "skerry/platform/random.h"

namespace skerry::cloud {
namespace {

std::string NewRequestId() {
  std::array<std::byte, 8> random = {};
  platform::FillRandom(random);
  std::string id =
      aws::Hex({reinterpret_cast<const char*>(random.data()), random.size()});
  for (char& c : id) {
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  }
  return id;
}

std::string ResourceOf(const std::string& bucket, const std::string& key) {
  return "arn:aws:s3:::" + bucket + (key.empty() ? "" : "/") + key;
}

class S3Exchange final : public Exchange {
 public:
  S3Exchange(ObjectStore& store, AccessKeys& keys, const S3Options& options,
             RequestHead head)
      : keys_(keys),
        head_(std::move(head)),
        request_id_(NewRequestId()),
        call_{.store = store, .options = options, .head = head_} {}

  std::optional<Response> Begin() override {
    const ApiResult<void> begun = Start();
    if (!begun) return Refuse(begun.error());
    return std::nullopt;
  }

  std::optional<Response> Write(std::span<const std::byte> piece) override {
    content_.clear();
    const ApiResult<void> read = verified_.payload->Read(piece, content_);
    if (!read) return Refuse(read.error());
    const ApiResult<void> taken = Take();
    if (!taken) return Refuse(taken.error());
    return std::nullopt;
  }

  Response Finish() override {
    S3Answer answer = Complete();
    if (!answer) return Refuse(answer.error());
    AddIds(*answer);
    return *std::move(answer);
  }

 private:
  ApiResult<void> Start() {
    auto target = ParseS3Target(head_.target, head_.header("host"),
                                call_.options.base_hosts);
    if (!target) return std::unexpected(target.error());
    call_.target = *std::move(target);
    auto verified = Verify();
    if (!verified) return std::unexpected(RefusalOf(verified.error()));
    verified_ = *std::move(verified);
    call_.principal = verified_.principal;
    if (!call_.options.objects_elsewhere.empty()) {
      return std::unexpected(ApiError{
          501, "NotImplemented",
          "this control plane keeps its objects in the S3 at " +
              call_.options.objects_elsewhere +
              "; send requests for objects there, with that S3's keys"});
    }
    const auto operation = FindOperation(head_, call_.target);
    if (!operation) return std::unexpected(operation.error());
    operation_ = *operation;
    call_.action = operation_->action;
    if (!Allows(call_.principal, call_.action,
                ResourceOf(call_.bucket(), call_.key()))) {
      return std::unexpected(ApiError{
          403, "AccessDenied",
          "a key of the role '" + std::string(RoleName(call_.principal.role)) +
              "' may not do " + call_.action});
    }
    return PrepareBody();
  }

  ApiResult<VerifiedRequest> Verify() const {
    const auto now = call_.options.now();
    if (!IsVersion2(head_)) return VerifyRequest(head_, keys_, now);
    const std::string bucket =
        call_.target.bucket_in_host ? '/' + call_.target.bucket : "";
    return VerifyVersion2(head_, bucket + std::string(head_.path()), keys_,
                          now);
  }

  // In S3's words, what was said of a request that names no service.
  ApiError RefusalOf(const ApiError& error) const {
    if (head_.header("authorization").starts_with("AWS ")) {
      return {400, "InvalidRequest",
              "the authorization mechanism you have provided, Signature "
              "Version 2 in a header, is not supported; use AWS4-HMAC-SHA256 "
              "(in boto3 Config(signature_version='s3v4'))"};
    }
    if (error.code != "MissingAuthenticationToken") return error;
    return {403, "AccessDenied", "the request is not signed"};
  }

  ApiResult<void> PrepareBody() {
    std::optional<ChecksumAlgorithm> wanted;
    if (operation_->body == BodyKind::kObject) {
      if (head_.content_length.value_or(0) > kPutBytesMax + kChunkingBytes) {
        return std::unexpected(TooLarge(kPutBytesMax));
      }
      const auto prepared = PrepareObject(call_);
      if (!prepared) return std::unexpected(prepared.error());
      wanted = *prepared;
      auto blob = call_.store.NewBlob();
      if (!blob) return std::unexpected(FaultOf(blob.error()));
      call_.blob = *std::move(blob);
    }
    if (!IsChecked()) return {};
    auto check = ContentCheck::Create(head_, wanted);
    if (!check) return std::unexpected(check.error());
    call_.check = *std::move(check);
    return {};
  }

  bool IsChecked() const {
    return operation_->body == BodyKind::kXml ||
           operation_->body == BodyKind::kObject;
  }

  ApiResult<void> Take() {
    if (content_.empty()) return {};
    if (call_.check) call_.check->Update(content_);
    if (operation_->body == BodyKind::kObject) {
      if (call_.blob->byte_count() + content_.size() > kPutBytesMax) {
        return std::unexpected(TooLarge(kPutBytesMax));
      }
      const auto written = call_.blob->Write(content_);
      if (!written) return std::unexpected(FaultOf(written.error()));
      return {};
    }
    const std::size_t limit =
        operation_->body == BodyKind::kNone ? kIgnoredBytes : kXmlBodyBytesMax;
    if (call_.body.size() + content_.size() > limit) {
      return std::unexpected(TooLarge(limit));
    }
    call_.body.append(reinterpret_cast<const char*>(content_.data()),
                      content_.size());
    return {};
  }

  S3Answer Complete() {
    if (auto ended = verified_.payload->End(); !ended) {
      return std::unexpected(ended.error());
    }
    std::string md5;
    if (operation_->body == BodyKind::kObject) {
      if (const auto sealed = call_.blob->Seal(); !sealed) {
        return std::unexpected(FaultOf(sealed.error()));
      }
      md5 = call_.blob->md5();
    } else if (!call_.header("content-md5").empty()) {
      const auto state = NewMd5();
      state->Update(std::as_bytes(std::span(call_.body)));
      md5 = aws::Hex(state->Finish());
    }
    if (call_.check) {
      auto checked = call_.check->Finish(verified_.payload->trailers(), md5);
      if (!checked) return std::unexpected(checked.error());
    }
    return operation_->run(call_);
  }

  static ApiError TooLarge(std::uint64_t limit) {
    return {400, "EntityTooLarge",
            "the body has more than " + std::to_string(limit) +
                " bytes, the limit"};
  }

  Response Refuse(const ApiError& error) {
    if (call_.options.log != nullptr) {
      call_.options.log->Warning("s3_refused",
                                 {{"peer", head_.peer},
                                  {"method", head_.method},
                                  {"target", head_.path()},
                                  {"status", error.status},
                                  {"code", error.code},
                                  {"message", error.message},
                                  {"key", call_.principal.access_key_id},
                                  {"request", request_id_}});
    }
    Response response = StatusResponse(error.status);
    // 304 and the answers to HEAD have no body.
    if (!call_.is_head() && error.status != 304) {
      XmlWriter xml("Error");
      xml.Add("Code", error.code);
      xml.Add("Message", error.message);
      xml.Add("Resource", head_.path());
      xml.Add("RequestId", request_id_);
      xml.Add("HostId", request_id_);
      response.headers.emplace_back("Content-Type", "application/xml");
      response.body = xml.Finish();
    }
    AddIds(response);
    return response;
  }

  void AddIds(Response& response) const {
    response.headers.emplace_back("x-amz-request-id", request_id_);
    response.headers.emplace_back("x-amz-id-2", request_id_);
  }

  // What aws-chunked adds to a body of the largest size, and more.
  static constexpr std::uint64_t kChunkingBytes = std::uint64_t{256} << 20;
  static constexpr std::size_t kIgnoredBytes = std::size_t{64} << 10;

  AccessKeys& keys_;
  const RequestHead head_;
  const std::string request_id_;
  S3Call call_;
  VerifiedRequest verified_;
  const S3Operation* operation_ = nullptr;
  std::vector<std::byte> content_;
};

class S3Handler final : public Handler {
 public:
  S3Handler(ObjectStore& store, AccessKeys& keys, S3Options options)
      : store_(store), keys_(keys), options_(std::move(options)) {}

  std::unique_ptr<Exchange> NewExchange(RequestHead head) override {
    return std::make_unique<S3Exchange>(store_, keys_, options_,
                                        std::move(head));
  }

 private:
  ObjectStore& store_;
  AccessKeys& keys_;
  const S3Options options_;
};

}  // namespace

ApiError FaultOf(const Error& error) {
  if (error.code() == ErrorCode::kResourceExhausted) {
    return {507, "InsufficientStorage", error.message()};
  }
  return InternalApiError(error);
}

AlsoWrite S3Call::AuditOf(const std::string& object) const {
  AuditEntry entry{.time = NowMicros(),
                   .access_key_id = principal.access_key_id,
                   .name = principal.name,
                   .peer = head.peer,
                   .action = action,
                   .resource = ResourceOf(bucket(), object),
                   .outcome = "ok"};
  return [entry](Transaction& transaction) {
    return WriteAudit(transaction, entry);
  };
}

Response StatusResponse(int status) {
  Response response;
  response.status = status;
  return response;
}

Response XmlResponse(XmlWriter& xml) {
  Response response;
  response.headers.emplace_back("Content-Type", "application/xml");
  response.body = xml.Finish();
  return response;
}

std::unique_ptr<Handler> NewS3Handler(ObjectStore& store, AccessKeys& keys,
                                      S3Options options) {
  return std::make_unique<S3Handler>(store, keys, std::move(options));
}

}  // namespace skerry::cloud
