#include "skerry/aws/s3_client.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

#include "skerry/aws/s3_error.h"
#include "skerry/aws/sigv4.h"
#include "skerry/http/client.h"
#include "skerry/platform/errno_error.h"

namespace skerry::aws {
namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{8} << 20;
constexpr std::uint64_t kPartCountMax = 10000;
constexpr std::size_t kAnswerBytesMax = kPieceBytes + (std::size_t{64} << 10);

bool EqualNames(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    const auto lowered = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return lowered(x) == lowered(y);
  });
}

std::string HeaderOf(const http::Response& answer, std::string_view wanted) {
  for (const auto& [name, value] : answer.headers) {
    if (EqualNames(name, wanted)) return value;
  }
  return {};
}

std::string Unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

// What is between the first <name> and what follows it.
std::string ElementOf(std::string_view xml, const std::string& name) {
  const std::string opening = '<' + name + '>';
  const std::size_t start = xml.find(opening);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = xml.substr(start + opening.size());
  return std::string(rest.substr(0, rest.find('<')));
}

Result<std::string> ReadPiece(const platform::FileDescriptor& file,
                              std::uint64_t offset, std::uint64_t byte_count) {
  std::string piece(byte_count, '\0');
  std::size_t used = 0;
  while (used < piece.size()) {
    const ssize_t count =
        pread(file.number(), piece.data() + used, piece.size() - used,
              static_cast<off_t>(offset + used));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return platform::ErrnoError(errno, "cannot read the file");
    if (count == 0) return DataLoss("the file became shorter");
    used += static_cast<std::size_t>(count);
  }
  return piece;
}

Result<void> WritePiece(const platform::FileDescriptor& file,
                        std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t count = write(file.number(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return platform::ErrnoError(errno, "cannot write the file");
    piece.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

// A request in the terms of S3.
struct Call {
  std::string method;
  std::string key;
  std::string query = {};  // with its '?'
  http::Headers headers = {};
  std::string_view body = {};
};

class S3ClientImpl final : public S3Client {
 public:
  S3ClientImpl(std::unique_ptr<http::Client> client, const http::Url& url,
               std::string region, CredentialsProvider credentials)
      : client_(std::move(client)),
        authority_(url.authority()),
        folder_(url.target),
        region_(std::move(region)),
        credentials_(std::move(credentials)) {
    while (folder_.ends_with('/')) folder_.pop_back();
  }

  Result<void> Put(const std::string& bucket, const std::string& key,
                   std::string_view content,
                   std::string_view content_type) override {
    SKERRY_ASSIGN_OR_RETURN(
        const http::Response answer,
        Do("put", bucket,
           {.method = "PUT",
            .key = key,
            .headers = {{"Content-Type", std::string(content_type)}},
            .body = content}));
    (void)answer;
    return {};
  }

  Result<S3Object> PutFile(const std::string& bucket, const std::string& key,
                           const platform::FileDescriptor& file,
                           std::string_view content_type) override {
    SKERRY_ASSIGN_OR_RETURN(const std::size_t byte_count,
                            platform::FileBytes(file));
    if (byte_count > kPieceBytes) {
      return PutParts(bucket, key, file, byte_count, content_type);
    }
    SKERRY_ASSIGN_OR_RETURN(const std::string content,
                            ReadPiece(file, 0, byte_count));
    SKERRY_ASSIGN_OR_RETURN(
        const http::Response answer,
        Do("put", bucket,
           {.method = "PUT",
            .key = key,
            .headers = {{"Content-Type", std::string(content_type)}},
            .body = content}));
    return S3Object{byte_count, Unquoted(HeaderOf(answer, "etag"))};
  }

  Result<S3Object> Head(const std::string& bucket,
                        const std::string& key) override {
    SKERRY_ASSIGN_OR_RETURN(
        const http::Response answer,
        Do("look at", bucket, {.method = "HEAD", .key = key}));
    const std::string length = HeaderOf(answer, "content-length");
    S3Object object{0, Unquoted(HeaderOf(answer, "etag"))};
    const auto parsed = std::from_chars(
        length.data(), length.data() + length.size(), object.byte_count);
    if (parsed.ec != std::errc() ||
        parsed.ptr != length.data() + length.size()) {
      return DataLoss("S3 told no length of " + bucket + '/' + key);
    }
    return object;
  }

  Result<S3Object> Get(const std::string& bucket, const std::string& key,
                       const platform::FileDescriptor& file,
                       std::uint64_t bytes_max) override {
    SKERRY_ASSIGN_OR_RETURN(S3Object object, Head(bucket, key));
    if (object.byte_count > bytes_max) {
      return ResourceExhausted(
          bucket + '/' + key + " has " + std::to_string(object.byte_count) +
          " bytes, the limit is " + std::to_string(bytes_max));
    }
    for (std::uint64_t offset = 0; offset < object.byte_count;) {
      const std::uint64_t count =
          std::min(kPieceBytes, object.byte_count - offset);
      http::Headers headers = {
          {"Range", "bytes=" + std::to_string(offset) + '-' +
                        std::to_string(offset + count - 1)}};
      if (!object.etag.empty()) {
        headers.emplace_back("If-Match", '"' + object.etag + '"');
      }
      SKERRY_ASSIGN_OR_RETURN(
          const http::Response answer,
          Do("get", bucket,
             {.method = "GET", .key = key, .headers = std::move(headers)}));
      if (answer.body.size() != count) {
        return DataLoss("S3 gave " + std::to_string(answer.body.size()) +
                        " bytes of " + bucket + '/' + key + ", want " +
                        std::to_string(count));
      }
      SKERRY_RETURN_IF_ERROR(WritePiece(file, answer.body));
      offset += count;
    }
    return object;
  }

 private:
  Result<http::Response> Send(const std::string& bucket, const Call& call) {
    SKERRY_ASSIGN_OR_RETURN(Credentials credentials, credentials_());
    http::Request request{.method = call.method,
                          .target = folder_ + '/' + UriEncode(bucket, false) +
                                    '/' + UriEncode(call.key, true) +
                                    call.query,
                          .headers = call.headers,
                          .body = call.body};
    const Signer signer{.credentials = std::move(credentials),
                        .region = region_,
                        .service = "s3",
                        .path_rule = PathRule::kOnce};
    http::Headers added =
        Sign(signer, request, authority_, std::chrono::system_clock::now());
    request.headers.insert(request.headers.end(), added.begin(), added.end());
    return client_->Send(request);
  }

  // `verb`: what could not be done if it failed.
  Result<http::Response> Do(std::string_view verb, const std::string& bucket,
                            const Call& call) {
    auto answer = Send(bucket, call);
    if (answer && answer->status >= 200 && answer->status < 300) return answer;
    return (answer ? ErrorOfS3(answer->status, answer->body) : answer.error())
        .WithContext("cannot " + std::string(verb) + ' ' + bucket + '/' +
                     call.key);
  }

  Result<S3Object> PutParts(const std::string& bucket, const std::string& key,
                            const platform::FileDescriptor& file,
                            std::uint64_t byte_count,
                            std::string_view content_type) {
    SKERRY_ASSIGN_OR_RETURN(
        const http::Response begun,
        Do("begin to put", bucket,
           {.method = "POST",
            .key = key,
            .query = "?uploads=",
            .headers = {{"Content-Type", std::string(content_type)}}}));
    const std::string id = ElementOf(begun.body, "UploadId");
    if (id.empty()) return DataLoss("S3 told no UploadId");
    const std::string upload = "uploadId=" + UriEncode(id, false);
    auto object = PutAndComplete(bucket, key, file, byte_count, upload);
    if (!object) {
      // What it leaves behind is for the bucket's own rules if this fails too.
      (void)Send(bucket,
                 {.method = "DELETE", .key = key, .query = '?' + upload});
    }
    return object;
  }

  Result<S3Object> PutAndComplete(const std::string& bucket,
                                  const std::string& key,
                                  const platform::FileDescriptor& file,
                                  std::uint64_t byte_count,
                                  const std::string& upload) {
    const std::uint64_t part_bytes =
        std::max(kPieceBytes, (byte_count + kPartCountMax - 1) / kPartCountMax);
    std::string parts;
    int number = 0;
    for (std::uint64_t offset = 0; offset < byte_count; offset += part_bytes) {
      const std::string which = std::to_string(++number);
      SKERRY_ASSIGN_OR_RETURN(
          const std::string piece,
          ReadPiece(file, offset, std::min(part_bytes, byte_count - offset)));
      SKERRY_ASSIGN_OR_RETURN(
          const http::Response answer,
          Do("put part " + which + " of", bucket,
             {.method = "PUT",
              .key = key,
              .query = "?partNumber=" + which + '&' + upload,
              .body = piece}));
      parts += "<Part><PartNumber>" + which + "</PartNumber><ETag>" +
               HeaderOf(answer, "etag") + "</ETag></Part>";
    }
    const std::string body =
        "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>";
    SKERRY_ASSIGN_OR_RETURN(
        const http::Response answer,
        Do("complete", bucket,
           {.method = "POST",
            .key = key,
            .query = '?' + upload,
            .headers = {{"Content-Type", "application/xml"}},
            .body = body}));
    // It may say 200 first and then fail.
    if (!ParseS3Error(answer.body).code.empty()) {
      return ErrorOfS3(500, answer.body)
          .WithContext("cannot complete " + bucket + '/' + key);
    }
    std::string etag = ElementOf(answer.body, "ETag");
    for (const std::string_view quote : {"&quot;", "&#34;", "\""}) {
      for (auto at = etag.find(quote); at != std::string::npos;
           at = etag.find(quote)) {
        etag.erase(at, quote.size());
      }
    }
    return S3Object{byte_count, std::move(etag)};
  }

  std::unique_ptr<http::Client> client_;
  std::string authority_;
  std::string folder_;  // of the endpoint, without a slash at the end
  std::string region_;
  CredentialsProvider credentials_;
};

}  // namespace

Result<std::unique_ptr<S3Client>> S3Client::Create(
    S3Options options, CredentialsProvider credentials) {
  auto url = http::ParseUrl(options.endpoint);
  if (!url.has_value()) return url.error().WithContext("the S3 endpoint");
  SKERRY_ASSIGN_OR_RETURN(
      auto client,
      http::Client::Create(*url, {.timeout = options.timeout,
                                  .response_bytes_max = kAnswerBytesMax,
                                  .ca_file = options.ca_file,
                                  .certificate_file = {},
                                  .key_file = {}}));
  return std::make_unique<S3ClientImpl>(std::move(client), *url,
                                        std::move(options.region),
                                        std::move(credentials));
}

}  // namespace skerry::aws
