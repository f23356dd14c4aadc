#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "skerry/base/result.h"

namespace skerry::compiler {

/// Letters, digits and "_./-": what names and words are made of.
bool IsBareCharacter(char c);
/// Those, '+' and ':': what numbers are made of.
bool IsNumberCharacter(char c);

/// Walks over a text and knows where it is, for errors that name line and
/// column. Spaces, line ends and `#` comments between tokens are skipped.
///
/// Thread safety: thread-compatible.
class TextCursor {
 public:
  /// `text` must outlive the cursor.
  explicit TextCursor(std::string_view text) : text_(text) { SkipSpace(); }

  std::size_t position() const { return position_; }
  bool AtEnd() const { return position_ == text_.size(); }
  /// The next character; 0 at the end.
  char Peek() const { return AtEnd() ? '\0' : text_[position_]; }

  /// Steps over `token` if it is next.
  bool Take(std::string_view token);
  /// Steps over `word` if it is next and does not go on.
  bool TakeWord(std::string_view word);
  /// Steps over `token`, which must be next.
  Result<void> Want(std::string_view token);
  /// One or more characters that `accept` accepts; `what` is for the error.
  Result<std::string_view> Run(bool (*accept)(char), std::string_view what);
  /// A text in quotes, with the escapes \" \\ \n \xHH.
  Result<std::string> QuotedText();
  /// What lies between quotes, as it stands: no escapes, no copy.
  Result<std::string_view> QuotedView();

  /// "line 3, column 7: found ')', want `want`"
  Error Found(std::string_view want) const;
  /// "line 3, column 7: `message`", for an earlier `position()`.
  Error At(std::size_t position, const std::string& message) const;

 private:
  void SkipSpace();
  Result<char> Escape();

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace skerry::compiler
