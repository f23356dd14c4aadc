#include "skerry/agent/serving/package_manifest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "skerry/platform/errno_error.h"

namespace skerry::agent {
namespace {

using SortedJson = nlohmann::json;
using platform::Quoted;

constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kVersionBytesMax = 64;
constexpr std::size_t kSha256Digits = 64;
constexpr std::size_t kSignatureBytesMax = 4096;
constexpr int kIndent = 2;

Result<SortedJson> ParseObject(std::string_view text) {
  SortedJson json =
      SortedJson::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return InvalidArgument("it is no JSON");
  if (!json.is_object()) return InvalidArgument("it is no JSON object");
  return json;
}

Result<const SortedJson*> Find(const SortedJson& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return InvalidArgument("there is no key " + Quoted(key));
  }
  return &*found;
}

Result<std::string> FindString(const SortedJson& object, const char* key) {
  SKERRY_ASSIGN_OR_RETURN(const SortedJson* const value, Find(object, key));
  if (!value->is_string()) {
    return InvalidArgument(Quoted(key) + " is a " + value->type_name() +
                           ", want a string");
  }
  return value->get<std::string>();
}

bool IsPrintable(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7F;
}

bool IsLowerHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

Result<PackageManifest::File> ParseFile(const SortedJson& json) {
  if (!json.is_object()) {
    return InvalidArgument(std::string("got a ") + json.type_name() +
                           ", want an object");
  }
  PackageManifest::File file;
  SKERRY_ASSIGN_OR_RETURN(file.sha256, FindString(json, "sha256"));
  if (file.sha256.size() != kSha256Digits ||
      !std::ranges::all_of(file.sha256, IsLowerHex)) {
    return InvalidArgument("'sha256' is not 64 lower-case hexadecimal digits");
  }
  SKERRY_ASSIGN_OR_RETURN(const SortedJson* const bytes, Find(json, "bytes"));
  if (!bytes->is_number_unsigned()) {
    return InvalidArgument("'bytes' is no whole number");
  }
  file.bytes = bytes->get<std::uint64_t>();
  return file;
}

Result<void> CheckFileName(const std::string& name) {
  if (name.empty() || name == "." || name == ".." ||
      name.size() > kNameBytesMax || name.contains('/') ||
      !std::ranges::all_of(name, IsPrintable)) {
    return InvalidArgument("'files' has an entry that is no plain file name");
  }
  return {};
}

std::string Dump(const SortedJson& json, int indent) {
  return json.dump(indent, ' ', false, SortedJson::error_handler_t::replace) +
         '\n';
}

std::string EncodeBase64(std::span<const std::byte> bytes) {
  std::string text;
  text.resize((bytes.size() + 2) / 3 * 4 + 1);
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

Result<std::vector<std::byte>> DecodeBase64(const std::string& text) {
  const Error wrong = InvalidArgument("'signature' is no base64, or too long");
  if (text.size() % 4 != 0 || text.size() > kSignatureBytesMax) return wrong;
  const std::size_t digits = std::min(text.find('='), text.size());
  const std::size_t padding = text.size() - digits;
  const bool is_base64 =
      text.find_first_not_of(
          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
          "abcdefghijklmnopqrstuvwxyz0123456789+/") >= digits &&
      text.find_first_not_of('=', digits) == std::string::npos && padding <= 2;
  if (!is_base64) return wrong;
  std::vector<std::byte> bytes(text.size() / 4 * 3);
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  // OpenSSL counts the padding as bytes.
  if (length != static_cast<int>(bytes.size())) return wrong;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace

Result<void> CheckPackageName(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax ||
      !std::ranges::all_of(name, IsPrintable)) {
    return InvalidArgument(
        "a model's name must be 1 to 255 printable characters");
  }
  return {};
}

Result<void> CheckPackageVersion(std::string_view version) {
  if (version.empty() || version.size() > kVersionBytesMax ||
      version.contains('/') || !std::ranges::all_of(version, IsPrintable)) {
    return InvalidArgument(
        "a model's version must be 1 to 64 printable characters without '/'");
  }
  return {};
}

Result<PackageManifest> ParsePackageManifest(std::string_view text) {
  SKERRY_ASSIGN_OR_RETURN(const SortedJson json, ParseObject(text));
  SKERRY_ASSIGN_OR_RETURN(const SortedJson* const metadata,
                          Find(json, "metadata"));
  if (!metadata->is_object()) {
    return InvalidArgument("'metadata' is no object");
  }
  PackageManifest manifest;
  SKERRY_ASSIGN_OR_RETURN(manifest.name, FindString(*metadata, "model_name"));
  SKERRY_RETURN_IF_ERROR(CheckPackageName(manifest.name));
  SKERRY_ASSIGN_OR_RETURN(manifest.version,
                          FindString(*metadata, "model_version"));
  SKERRY_RETURN_IF_ERROR(CheckPackageVersion(manifest.version));
  const auto files = json.find("files");
  if (files == json.end()) return manifest;
  if (!files->is_object()) return InvalidArgument("'files' is no object");
  for (const auto& [name, value] : files->items()) {
    SKERRY_RETURN_IF_ERROR(CheckFileName(name));
    auto file = ParseFile(value);
    if (!file) return file.error().WithContext("file " + Quoted(name));
    manifest.files.emplace(name, *std::move(file));
  }
  return manifest;
}

std::string PrintPackageManifest(const PackageManifest& manifest) {
  SortedJson json;
  json["metadata"] = {{"model_name", manifest.name},
                      {"model_version", manifest.version}};
  SortedJson files = SortedJson::object();
  for (const auto& [name, file] : manifest.files) {
    files[name] = {{"sha256", file.sha256}, {"bytes", file.bytes}};
  }
  json["files"] = std::move(files);
  return Dump(json, kIndent);
}

Result<PackageSignature> ParsePackageSignature(std::string_view text) {
  SKERRY_ASSIGN_OR_RETURN(const SortedJson json, ParseObject(text));
  PackageSignature result;
  SKERRY_ASSIGN_OR_RETURN(result.algorithm, FindString(json, "algorithm"));
  SKERRY_ASSIGN_OR_RETURN(const std::string encoded,
                          FindString(json, "signature"));
  SKERRY_ASSIGN_OR_RETURN(result.signature, DecodeBase64(encoded));
  return result;
}

std::string PrintPackageSignature(const PackageSignature& signature) {
  return Dump({{"algorithm", signature.algorithm},
               {"signature", EncodeBase64(signature.signature)}},
              kIndent);
}

}  // namespace skerry::agent
