#include "skerry/cloud/s3/xml.h"

#include <array>
#include <charconv>
#include <pugixml.hpp>
#include <set>

#include "skerry/aws/sigv4.h"
#include "skerry/cloud/objects/checksum.h"

namespace skerry::cloud {
namespace {

constexpr std::size_t kTagKeyBytesMax = 512;     // 128 characters
constexpr std::size_t kTagValueBytesMax = 1024;  // 256 characters

void AppendEscaped(std::string& text, std::string_view value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '<') {
      text += "&lt;";
    } else if (c == '>') {
      text += "&gt;";
    } else if (c == '&') {
      text += "&amp;";
    } else if (c == '"') {
      text += "&quot;";
    } else if (byte < 0x20) {
      text += "&#x";
      if (byte >= 16) text += kDigits[byte >> 4U];
      text += kDigits[byte & 15U];
      text += ';';
    } else {
      text += c;
    }
  }
}

ApiError Malformed(std::string why) {
  return {400, "MalformedXML",
          "the XML is not as it should be: " + std::move(why)};
}

// The document's root, which must be called `name`.
ApiResult<pugi::xml_node> RootOf(pugi::xml_document& document,
                                 std::string_view xml, const char* name) {
  const pugi::xml_parse_result read = document.load_buffer(
      xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!read) return std::unexpected(Malformed(read.description()));
  const pugi::xml_node root = document.document_element();
  if (std::string_view(root.name()) != name) {
    return std::unexpected(Malformed("got the element '" +
                                     std::string(root.name()) + "', want '" +
                                     name + '\''));
  }
  return root;
}

std::string Unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

ApiResult<ObjectPart> PartOf(const pugi::xml_node& node,
                             const std::string& checksum_element) {
  ObjectPart part{.etag = Unquoted(node.child_value("ETag"))};
  if (!checksum_element.empty()) {
    part.checksum = node.child_value(checksum_element.c_str());
  }
  const std::string_view number = node.child_value("PartNumber");
  const char* const end = number.data() + number.size();
  const auto parsed = std::from_chars(number.data(), end, part.number);
  if (parsed.ec != std::errc() || parsed.ptr != end || part.number < 1 ||
      part.number > kPartNumberMax) {
    return std::unexpected(Malformed("PartNumber '" + std::string(number) +
                                     "' is not within 1 and " +
                                     std::to_string(kPartNumberMax)));
  }
  return part;
}

}  // namespace

XmlWriter::XmlWriter(std::string_view root)
    : text_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<") {
  text_.append(root);
  if (root != "Error") {
    text_ += " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
  }
  text_ += '>';
  open_.emplace_back(root);
}

void XmlWriter::Open(std::string_view name) {
  text_.append("<").append(name).append(">");
  open_.emplace_back(name);
}

void XmlWriter::Close() {
  text_.append("</").append(open_.back()).append(">");
  open_.pop_back();
}

void XmlWriter::Add(std::string_view name, std::string_view text) {
  text_.append("<").append(name).append(">");
  AppendEscaped(text_, text);
  text_.append("</").append(name).append(">");
}

void XmlWriter::Add(std::string_view name, std::uint64_t number) {
  Add(name, std::string_view(std::to_string(number)));
}

void XmlWriter::AddText(std::string_view text) { AppendEscaped(text_, text); }

void XmlWriter::AddTruth(std::string_view name, bool value) {
  Add(name, value ? std::string_view("true") : "false");
}

std::string XmlWriter::Finish() {
  while (!open_.empty()) Close();
  return std::move(text_);
}

ApiResult<DeleteRequest> ParseDelete(std::string_view xml) {
  pugi::xml_document document;
  const auto root = RootOf(document, xml, "Delete");
  if (!root) return std::unexpected(root.error());
  DeleteRequest request{.quiet = std::string_view(root->child_value("Quiet")) ==
                                 "true"};
  for (const pugi::xml_node node : root->children("Object")) {
    std::string key = node.child_value("Key");
    if (key.empty() || key.size() > kKeyBytesMax) {
      return std::unexpected(Malformed("an Object needs a Key of 1 to " +
                                       std::to_string(kKeyBytesMax) +
                                       " bytes"));
    }
    request.objects.emplace_back(std::move(key), node.child_value("VersionId"));
  }
  if (request.objects.empty() ||
      request.objects.size() > kDeletedObjectCountMax) {
    return std::unexpected(Malformed(
        "it names " + std::to_string(request.objects.size()) +
        " objects, want 1 to " + std::to_string(kDeletedObjectCountMax)));
  }
  return request;
}

ApiResult<std::vector<ObjectPart>> ParseCompletion(
    std::string_view xml, const std::string& checksum_element) {
  pugi::xml_document document;
  const auto root = RootOf(document, xml, "CompleteMultipartUpload");
  if (!root) return std::unexpected(root.error());
  std::vector<ObjectPart> parts;
  for (const pugi::xml_node node : root->children("Part")) {
    auto part = PartOf(node, checksum_element);
    if (!part) return std::unexpected(part.error());
    parts.push_back(*std::move(part));
    if (parts.size() > static_cast<std::size_t>(kPartNumberMax)) {
      return std::unexpected(
          Malformed("more than " + std::to_string(kPartNumberMax) + " parts"));
    }
  }
  return parts;
}

ApiResult<Versioning> ParseVersioning(std::string_view xml) {
  pugi::xml_document document;
  const auto root = RootOf(document, xml, "VersioningConfiguration");
  if (!root) return std::unexpected(root.error());
  const std::string_view status = root->child_value("Status");
  if (std::string_view(root->child_value("MfaDelete")) == "Enabled") {
    return std::unexpected(
        ApiError{501, "NotImplemented", "MfaDelete is not offered"});
  }
  if (status == "Enabled") return Versioning::kEnabled;
  if (status == "Suspended") return Versioning::kSuspended;
  return std::unexpected(ApiError{
      400, "IllegalVersioningConfigurationException",
      "Status: got '" + std::string(status) + "', want Enabled or Suspended"});
}

ApiResult<std::string> ParseTagging(std::string_view xml) {
  pugi::xml_document document;
  const auto root = RootOf(document, xml, "Tagging");
  if (!root) return std::unexpected(root.error());
  std::string tags;
  std::set<std::string> keys;
  for (const pugi::xml_node node : root->child("TagSet").children("Tag")) {
    const std::string key = node.child_value("Key");
    const std::string value = node.child_value("Value");
    if (key.empty() || key.size() > kTagKeyBytesMax ||
        value.size() > kTagValueBytesMax || !keys.insert(key).second) {
      return std::unexpected(
          ApiError{400, "InvalidTag",
                   "a tag's key is empty, twice there, or it or its value is "
                   "too long"});
    }
    if (!tags.empty()) tags += '&';
    tags += aws::UriEncode(key, false) + '=' + aws::UriEncode(value, false);
  }
  if (keys.size() > kTagCountMax) {
    return std::unexpected(
        ApiError{400, "BadRequest",
                 "an object has " + std::to_string(kTagCountMax) +
                     " tags at most, got " + std::to_string(keys.size())});
  }
  return tags;
}

ApiResult<void> CheckBucketConfiguration(std::string_view xml) {
  if (xml.empty()) return {};
  pugi::xml_document document;
  const auto root = RootOf(document, xml, "CreateBucketConfiguration");
  if (!root) return std::unexpected(root.error());
  return {};
}

}  // namespace skerry::cloud
