#include "skerry/agent/rest/content_encoding.h"

#include <zlib.h>

#include <algorithm>

namespace skerry::agent {
namespace {

constexpr std::size_t kStepBytes = std::size_t{64} << 10;

/// zlib's state, freed with this object.
class Inflater {
 public:
  Inflater() { open_ = inflateInit2(&stream_, 15 + 32) == Z_OK; }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (open_) {
      inflateEnd(&stream_);
    }
  }

  bool open() const { return open_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_ = {};
  bool open_ = false;
};

/// zlib counts in 32 bits.
uInt Narrow(std::size_t bytes) {
  return static_cast<uInt>(std::min(bytes, std::size_t{1} << 30));
}

Result<std::string> Inflate(std::string_view body, std::size_t bytes_max) {
  Inflater inflater;
  if (!inflater.open()) {
    return ResourceExhausted("no memory to decompress the body");
  }
  z_stream& stream = inflater.stream();
  std::string content;
  std::size_t used = 0;
  while (true) {
    const std::size_t made = content.size();
    content.resize(made + kStepBytes);
    stream.next_in =
        const_cast<Bytef*>(reinterpret_cast<const Bytef*>(body.data() + used));
    stream.avail_in = Narrow(body.size() - used);
    stream.next_out = reinterpret_cast<Bytef*>(content.data() + made);
    stream.avail_out = Narrow(kStepBytes);
    const uInt offered = stream.avail_in;
    const int code = inflate(&stream, Z_NO_FLUSH);
    used += offered - stream.avail_in;
    content.resize(made + kStepBytes - stream.avail_out);
    if (content.size() > bytes_max) {
      return ResourceExhausted("the decompressed body exceeds the limit of " +
                               std::to_string(bytes_max) + " bytes");
    }
    if (code == Z_STREAM_END) {
      break;
    }
    if (code != Z_OK || (used == body.size() && stream.avail_out > 0)) {
      return InvalidArgument("the compressed body is damaged or cut short");
    }
  }
  if (used != body.size()) {
    return InvalidArgument("the compressed body has bytes after its end");
  }
  return content;
}

}  // namespace

Result<std::string> DecodeContent(std::string body, std::string_view encoding,
                                  std::size_t bytes_max) {
  if (encoding.empty() || encoding == "identity") {
    return body;
  }
  if (encoding == "gzip" || encoding == "x-gzip" || encoding == "deflate") {
    return Inflate(body, bytes_max);
  }
  return Unimplemented("content encoding '" +
                       std::string(encoding.substr(0, 40)) +
                       "'; there are gzip, deflate, identity");
}

}  // namespace skerry::agent
