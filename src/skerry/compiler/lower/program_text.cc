#include "skerry/compiler/lower/program_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "skerry/compiler/lower/cpp_text.h"

namespace skerry::compiler {
namespace {

// One word: in `code`, $0 and $1 are its operands, %0 and %1 its parameters.
struct Word {
  std::string_view name;
  std::size_t operands;
  std::size_t parameters;
  std::int64_t cost;
  std::string_view code;
};

constexpr std::array kWords = std::to_array<Word>({
    {"abs", 1, 0, 1, "k::Abs($0)"},
    {"add", 2, 0, 1, "$0 + $1"},
    {"affine", 1, 2, 1, "k::Fma($0, k::Broadcast(%0), k::Broadcast(%1))"},
    {"ceil", 1, 0, 1, "k::Ceil($0)"},
    {"celu", 1, 1, 20, "k::Celu($0, %0)"},
    {"clip", 1, 2, 2, "k::Clip($0, %0, %1)"},
    {"cube", 1, 0, 2, "$0 * $0 * $0"},
    {"div", 2, 0, 4, "$0 / $1"},
    {"elu", 1, 1, 16, "k::Elu($0, %0)"},
    {"erf", 1, 0, 30, "k::Erf($0)"},
    {"exp", 1, 0, 14, "k::Exp($0)"},
    {"floor", 1, 0, 1, "k::Floor($0)"},
    {"gelu", 1, 0, 34, "k::Gelu($0)"},
    {"gelutanh", 1, 0, 34, "k::GeluTanh($0)"},
    {"hardsigmoid", 1, 2, 3, "k::HardSigmoid($0, %0, %1)"},
    {"hardswish", 1, 0, 4, "k::HardSwish($0)"},
    {"identity", 1, 0, 0, "$0"},
    {"leakyrelu", 1, 1, 2, "k::LeakyRelu($0, %0)"},
    {"log", 1, 0, 20, "k::Log($0)"},
    {"max", 2, 0, 1, "k::Max($0, $1)"},
    {"min", 2, 0, 1, "k::Min($0, $1)"},
    {"mish", 1, 0, 24, "k::Mish($0)"},
    {"mul", 2, 0, 1, "$0 * $1"},
    {"neg", 1, 0, 1, "-$0"},
    {"pow", 2, 0, 40, "k::Pow($0, $1)"},
    {"prelu", 2, 0, 2, "k::PRelu($0, $1)"},
    {"reciprocal", 1, 0, 4, "1 / $0"},
    {"relu", 1, 0, 1, "k::Relu($0)"},
    {"round", 1, 0, 1, "k::Round($0)"},
    {"rsqrt", 1, 0, 10, "1 / k::Sqrt($0)"},
    {"scaledtanh", 1, 2, 30, "%0 * k::Tanh(%1 * $0)"},
    {"selu", 1, 2, 18, "k::Selu($0, %0, %1)"},
    {"shrink", 1, 2, 4, "k::Shrink($0, %0, %1)"},
    {"sigmoid", 1, 0, 18, "k::Sigmoid($0)"},
    {"sign", 1, 0, 3, "k::Sign($0)"},
    {"silu", 1, 0, 18, "k::Silu($0)"},
    {"square", 1, 0, 1, "$0 * $0"},
    {"softplus", 1, 0, 36, "k::Softplus($0)"},
    {"softsign", 1, 0, 6, "k::Softsign($0)"},
    {"sqrt", 1, 0, 6, "k::Sqrt($0)"},
    {"sub", 2, 0, 1, "$0 - $1"},
    {"tanh", 1, 0, 28, "k::Tanh($0)"},
    {"thresholdedrelu", 1, 1, 2, "k::ThresholdedRelu($0, %0)"},
});

std::vector<std::string_view> SplitAt(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

Result<float> ParseFloat(std::string_view text) {
  float value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return Internal("element-wise program: got '" + std::string(text) +
                    "', want a number");
  }
  return value;
}

// `code` with its operands and parameters in place.
std::string Fill(std::string_view code,
                 const std::vector<std::string>& operands,
                 const std::vector<std::string>& parameters) {
  std::string text;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (code[i] != '$' && code[i] != '%') {
      text += code[i];
      continue;
    }
    const auto& list = code[i] == '$' ? operands : parameters;
    text += list[static_cast<std::size_t>(code[++i] - '0')];
  }
  return text;
}

class Translator {
 public:
  Result<ProgramText> Run(std::string_view program) {
    for (const std::string_view word : SplitAt(program, ' ')) {
      SKERRY_RETURN_IF_ERROR(Translate(word));
    }
    if (stack_.size() != 1) {
      return Internal("element-wise program '" + std::string(program) +
                      "' leaves " + std::to_string(stack_.size()) +
                      " values, want 1");
    }
    text_.body += "return " + stack_.back().text + ";\n";
    return std::move(text_);
  }

 private:
  Result<void> Translate(std::string_view word) {
    if (word.front() == '#') {
      SKERRY_ASSIGN_OR_RETURN(const float value, ParseFloat(word.substr(1)));
      stack_.push_back({"k::Broadcast(" + CppFloat(value) + ")", value});
      return {};
    }
    if (word.front() == 'i' && word.size() > 1 && word[1] <= '9') {
      stack_.push_back({std::string(word), std::nullopt});
      return {};
    }
    if (word == "dup" && !stack_.empty()) {
      stack_.push_back(stack_.back());
      return {};
    }
    if (word == "swap" && stack_.size() >= 2) {
      std::swap(stack_.back(), stack_[stack_.size() - 2]);
      return {};
    }
    if (word == "pow" && !stack_.empty() && stack_.back().literal) {
      if (const auto cheap = PowerOf(*stack_.back().literal)) {
        stack_.pop_back();
        return Apply({*cheap});
      }
    }
    return Apply(SplitAt(word, ':'));
  }

  // The word for x^exponent, if there is a cheaper one than `pow`.
  static std::optional<std::string_view> PowerOf(float exponent) {
    if (exponent == 2) return "square";
    if (exponent == 3) return "cube";
    if (exponent == 0.5F) return "sqrt";
    if (exponent == -0.5F) return "rsqrt";
    if (exponent == -1) return "reciprocal";
    return std::nullopt;
  }

  Result<void> Apply(const std::vector<std::string_view>& parts) {
    const auto* word = std::ranges::find(kWords, parts[0], &Word::name);
    if (word == kWords.end() || parts.size() != word->parameters + 1) {
      return Unimplemented("element-wise word '" + std::string(parts[0]) +
                           "' with " + std::to_string(parts.size() - 1) +
                           " parameters has no vector form");
    }
    if (stack_.size() < word->operands) {
      return Internal("element-wise word '" + std::string(parts[0]) +
                      "' finds too few operands");
    }
    std::vector<std::string> parameters;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      SKERRY_ASSIGN_OR_RETURN(const float value, ParseFloat(parts[i]));
      parameters.push_back(CppFloat(value));
    }
    std::vector<std::string> operands;
    for (std::size_t i = stack_.size() - word->operands; i < stack_.size();
         ++i) {
      operands.push_back(stack_[i].text);
    }
    stack_.resize(stack_.size() - word->operands);
    const std::string name = "t" + std::to_string(text_.operations++);
    text_.body += "const k::Vec " + name + " = " +
                  Fill(word->code, operands, parameters) + ";\n";
    stack_.push_back({name, std::nullopt});
    text_.cost += word->cost;
    return {};
  }

  struct Item {
    std::string text;
    std::optional<float> literal;
  };
  std::vector<Item> stack_;
  ProgramText text_;
};

}  // namespace

Result<ProgramText> TranslateProgram(std::string_view program) {
  return Translator().Run(program);
}

}  // namespace skerry::compiler
