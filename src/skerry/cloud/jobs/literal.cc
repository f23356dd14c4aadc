#include "skerry/cloud/jobs/literal.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace skerry::cloud {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kWords =
    {{{"true", "true"},
      {"false", "false"},
      {"null", "null"},
      {"True", "true"},
      {"False", "false"},
      {"None", "null"}}};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A recursive descent that writes JSON as it reads.
class Translator {
 public:
  explicit Translator(std::string_view text) : text_(text) {}

  Result<std::string> Run() {
    SKERRY_RETURN_IF_ERROR(Value(0));
    SkipSpace();
    if (at_ != text_.size()) return Wanted("the end");
    return std::move(json_);
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpace() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }

  Error Wanted(std::string_view what) const {
    std::string found = "the end";
    if (at_ < text_.size()) {
      found = "'" + std::string(text_.substr(at_, 8)) + "'";
    }
    return InvalidArgument("at byte " + std::to_string(at_) + ": got " + found +
                           ", want " + std::string(what));
  }

  Result<void> Value(int depth) {
    if (depth > kLiteralDepthMax) {
      return InvalidArgument("more than " + std::to_string(kLiteralDepthMax) +
                             " levels of lists and objects");
    }
    SkipSpace();
    const char c = Peek();
    if (c == '{') return Object(depth);
    if (c == '[') return List(']', depth);
    if (c == '(') return List(')', depth);
    if (c == '"' || c == '\'') return String();
    if (c == '-' || IsDigit(c)) return Number();
    if (IsLetter(c)) return Word();
    return Wanted("a value");
  }

  Result<void> Object(int depth) {
    std::set<std::string> keys;
    ++at_;
    json_ += '{';
    for (bool first = true;; first = false) {
      SkipSpace();
      if (Peek() == '}') break;
      if (!first) json_ += ',';
      if (Peek() != '"' && Peek() != '\'') return Wanted("a key in quotes");
      const std::size_t start = json_.size();
      SKERRY_RETURN_IF_ERROR(String());
      if (!keys.insert(json_.substr(start)).second) {
        return InvalidArgument("the key " + json_.substr(start) +
                               " comes twice");
      }
      SkipSpace();
      if (Peek() != ':') return Wanted("':'");
      ++at_;
      json_ += ':';
      SKERRY_RETURN_IF_ERROR(Value(depth + 1));
      SKERRY_ASSIGN_OR_RETURN(const bool more, Comma('}'));
      if (!more) break;
    }
    ++at_;
    json_ += '}';
    return {};
  }

  Result<void> List(char end, int depth) {
    ++at_;
    json_ += '[';
    for (bool first = true;; first = false) {
      SkipSpace();
      if (Peek() == end) break;
      if (!first) json_ += ',';
      SKERRY_RETURN_IF_ERROR(Value(depth + 1));
      SKERRY_ASSIGN_OR_RETURN(const bool more, Comma(end));
      if (!more) break;
    }
    ++at_;
    json_ += ']';
    return {};
  }

  // Whether another element may follow; Python lets a comma end a list.
  Result<bool> Comma(char end) {
    SkipSpace();
    if (Peek() == end) return false;
    if (Peek() != ',') {
      return Wanted(std::string("',' or '") + end + "'");
    }
    ++at_;
    return true;
  }

  Result<void> String() {
    const char quote = text_[at_++];
    json_ += '"';
    while (true) {
      if (at_ >= text_.size()) return Wanted("the end of a string");
      const char c = text_[at_];
      if (c == quote) break;
      if (static_cast<unsigned char>(c) < 0x20) {
        return Wanted("no control character in a string");
      }
      if (c == '\\') {
        SKERRY_RETURN_IF_ERROR(Escape());
        continue;
      }
      if (c == '"') json_ += '\\';
      json_ += c;
      ++at_;
    }
    ++at_;
    json_ += '"';
    return {};
  }

  Result<void> Escape() {
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (c == '\'') {
      json_ += '\'';
      at_ += 2;
      return {};
    }
    if (c == 'u') {
      const std::string_view digits =
          text_.substr(std::min(at_ + 2, text_.size()), 4);
      if (digits.size() != 4 || !std::ranges::all_of(digits, IsHex)) {
        return Wanted("\\u and four digits");
      }
      json_.append("\\u").append(digits);
      at_ += 6;
      return {};
    }
    if (c == '\0' || !std::string_view("\"\\/bfnrt").contains(c)) {
      return Wanted("an escape that JSON knows");
    }
    json_ += '\\';
    json_ += c;
    at_ += 2;
    return {};
  }

  Result<void> Digits() {
    if (!IsDigit(Peek())) return Wanted("a digit");
    while (IsDigit(Peek())) json_ += text_[at_++];
    return {};
  }

  Result<void> Number() {
    if (Peek() == '-') json_ += text_[at_++];
    if (Peek() == '0' && at_ + 1 < text_.size() && IsDigit(text_[at_ + 1])) {
      return Wanted("a number without a leading 0");
    }
    SKERRY_RETURN_IF_ERROR(Digits());
    if (Peek() == '.') {
      json_ += text_[at_++];
      SKERRY_RETURN_IF_ERROR(Digits());
    }
    if (Peek() == 'e' || Peek() == 'E') {
      json_ += text_[at_++];
      if (Peek() == '-' || Peek() == '+') json_ += text_[at_++];
      SKERRY_RETURN_IF_ERROR(Digits());
    }
    return {};
  }

  Result<void> Word() {
    std::size_t end = at_;
    while (end < text_.size() && (IsLetter(text_[end]) || IsDigit(text_[end])))
      ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    const auto* const found =
        std::ranges::find(kWords, word, &decltype(kWords)::value_type::first);
    if (found == kWords.end()) return Wanted("a value");
    json_ += found->second;
    at_ = end;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string json_;
};

}  // namespace

Result<std::string> LiteralToJson(std::string_view text) {
  return Translator(text).Run();
}

}  // namespace skerry::cloud
