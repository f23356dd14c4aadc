#include "skerry/compiler/ir/text_cursor.h"

#include <algorithm>

namespace skerry::compiler {
namespace {

/// How much of what was found an error shows.
constexpr std::size_t kShownMax = 40;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

bool IsBareCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '/' || c == '-';
}

bool IsNumberCharacter(char c) {
  return IsBareCharacter(c) || c == '+' || c == ':';
}

bool TextCursor::Take(std::string_view token) {
  if (!text_.substr(position_).starts_with(token)) return false;
  position_ += token.size();
  SkipSpace();
  return true;
}

bool TextCursor::TakeWord(std::string_view word) {
  const std::size_t end = position_ + word.size();
  if (!text_.substr(position_).starts_with(word) ||
      (end < text_.size() && IsBareCharacter(text_[end]))) {
    return false;
  }
  return Take(word);
}

Result<void> TextCursor::Want(std::string_view token) {
  if (Take(token)) return {};
  return Found("'" + std::string(token) + "'");
}

Result<std::string_view> TextCursor::Run(bool (*accept)(char),
                                         std::string_view what) {
  std::size_t end = position_;
  while (end < text_.size() && accept(text_[end])) ++end;
  if (end == position_) return Found(what);
  const std::string_view run = text_.substr(position_, end - position_);
  position_ = end;
  SkipSpace();
  return run;
}

Result<std::string> TextCursor::QuotedText() {
  if (Peek() != '"') return Found("a quoted text");
  const std::size_t start = position_++;
  std::string text;
  while (!AtEnd() && text_[position_] != '"') {
    const char c = text_[position_++];
    if (c != '\\') {
      text += c;
      continue;
    }
    SKERRY_ASSIGN_OR_RETURN(const char escaped, Escape());
    text += escaped;
  }
  if (AtEnd())
    return At(start, "the text that starts here has no closing '\"'");
  ++position_;
  SkipSpace();
  return text;
}

Result<std::string_view> TextCursor::QuotedView() {
  if (Peek() != '"') return Found("a quoted text");
  const std::size_t end = text_.find('"', position_ + 1);
  if (end == std::string_view::npos) {
    return At(position_, "the text that starts here has no closing '\"'");
  }
  const std::string_view view =
      text_.substr(position_ + 1, end - position_ - 1);
  position_ = end + 1;
  SkipSpace();
  return view;
}

Error TextCursor::Found(std::string_view want) const {
  std::string found = "the end of the text";
  if (!AtEnd()) {
    std::size_t end = position_ + 1;
    while (end < text_.size() && end - position_ < kShownMax &&
           IsBareCharacter(text_[position_]) && IsBareCharacter(text_[end])) {
      ++end;
    }
    found = "'" + std::string(text_.substr(position_, end - position_)) + "'";
    std::ranges::replace_if(
        found, [](char c) { return c < ' ' || c > '~'; }, '?');
  }
  return At(position_, "found " + found + ", want " + std::string(want));
}

Error TextCursor::At(std::size_t position, const std::string& message) const {
  const std::string_view before = text_.substr(0, position);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return InvalidArgument("line " + std::to_string(line) + ", column " +
                         std::to_string(position - line_start + 1) + ": " +
                         message);
}

void TextCursor::SkipSpace() {
  while (!AtEnd()) {
    const char c = text_[position_];
    if (c == '#') {
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++position_;
    } else {
      return;
    }
  }
}

/// The character behind the escape whose backslash was just passed.
Result<char> TextCursor::Escape() {
  const std::string_view rest = text_.substr(position_, 3);
  if (rest.starts_with('"') || rest.starts_with('\\')) {
    ++position_;
    return rest[0];
  }
  if (rest.starts_with('n')) {
    ++position_;
    return '\n';
  }
  if (rest.size() == 3 && rest[0] == 'x' && HexDigit(rest[1]) >= 0 &&
      HexDigit(rest[2]) >= 0) {
    position_ += 3;
    return static_cast<char>(HexDigit(rest[1]) * 16 + HexDigit(rest[2]));
  }
  return At(position_, "want one of the escapes \\\" \\\\ \\n \\xHH");
}

}  // namespace skerry::compiler
