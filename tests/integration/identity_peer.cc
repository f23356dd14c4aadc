// Verifies one request for cloud_identity_peers_test.py:
//
//   identity_peer NOW HEAD BODY
//
// NOW is in seconds since 1970; HEAD a file of lines: the method, the target, a
// header in each other line ("name: value"); BODY a file. The key is that of
// AWS's examples, with the session token $SESSION_TOKEN. Prints the error's
// code, or "ok", the trailers, an empty line, and the content.

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "skerry/cloud/identity/identity_test_support.h"
#include "skerry/platform/file.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;

RequestHead ReadHead(const std::string& text) {
  RequestHead head;
  std::size_t start = 0;
  for (int number = 0; start < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    if (number == 0) {
      head.method = line;
    } else if (number == 1) {
      head.target = line;
    } else {
      const std::size_t colon = std::min(line.find(": "), line.size() - 2);
      head.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  return head;
}

std::string Verify(const RequestHead& head, const std::string& body,
                   std::chrono::seconds now) {
  FixedKeys keys;
  const char* const token = std::getenv("SESSION_TOKEN");
  if (token != nullptr) keys.key.session_token = token;
  const auto verified =
      VerifyRequest(head, keys, std::chrono::system_clock::time_point(now));
  if (!verified) return verified.error().code + "\n\n";
  constexpr std::size_t kPieceBytes = 1000;
  const auto content = ReadAll(*verified->payload, body, kPieceBytes);
  std::string text = CodeOf(content) + "\n";
  for (const auto& [name, value] : verified->payload->trailers()) {
    text.append(name).append(": ").append(value).append("\n");
  }
  return text + "\n" + content.value_or("");
}

int Run(const char* now, const std::string& head_file,
        const std::string& body_file) {
  const auto head_text = platform::ReadTextFile(head_file, kFileBytesMax);
  const auto body = platform::ReadTextFile(body_file, kFileBytesMax);
  if (!head_text || !body) return 1;
  RequestHead head = ReadHead(*head_text);
  head.content_length = body->size();
  std::cout << Verify(head, *body, std::chrono::seconds(std::atoll(now)));
  return 0;
}

}  // namespace
}  // namespace skerry::cloud

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return skerry::cloud::Run(argv[1], argv[2], argv[3]);
}
