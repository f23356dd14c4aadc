#include "skerry/compiler/import/source_node.h"

#include <cstdlib>

#include "skerry/compiler/import/names.h"

namespace skerry::compiler {
namespace {

/// "axis:i=-1"
struct Rule {
  std::string_view name;
  char kind = 0;
  std::string_view fallback;
};

std::vector<Rule> ParseRules(std::string_view rules) {
  std::vector<Rule> parsed;
  while (!rules.empty()) {
    const std::size_t end = std::min(rules.find(' '), rules.size());
    const std::string_view word = rules.substr(0, end);
    rules.remove_prefix(std::min(end + 1, rules.size()));
    const std::size_t colon = word.find(':');
    const std::size_t equals = word.find('=');
    Rule rule = {word.substr(0, colon), word[colon + 1], {}};
    if (equals != std::string_view::npos) {
      rule.fallback = word.substr(equals + 1);
    }
    parsed.push_back(rule);
  }
  return parsed;
}

/// The kind of an attribute, as rules write it. Old files do not state it.
char KindOf(const onnx::AttributeProto& attribute) {
  using Proto = onnx::AttributeProto;
  switch (attribute.type()) {
    case Proto::INT:
      return 'i';
    case Proto::INTS:
      return 'I';
    case Proto::FLOAT:
      return 'f';
    case Proto::FLOATS:
      return 'F';
    case Proto::STRING:
      return 's';
    case Proto::STRINGS:
      return 'S';
    case Proto::TENSOR:
      return 't';
    case Proto::GRAPH:
      return 'g';
    case Proto::UNDEFINED:
      break;
    default:
      return '?';
  }
  if (attribute.has_i()) return 'i';
  if (attribute.has_f()) return 'f';
  if (attribute.has_s()) return 's';
  if (attribute.has_t()) return 't';
  if (attribute.has_g()) return 'g';
  if (attribute.floats_size() > 0) return 'F';
  if (attribute.strings_size() > 0) return 'S';
  return 'I';
}

std::string_view KindName(char kind) {
  switch (kind) {
    case 'i':
      return "an int";
    case 'I':
      return "a list of ints";
    case 'f':
      return "a float";
    case 'F':
      return "a list of floats";
    case 's':
      return "a string";
    case 'S':
      return "a list of strings";
    case 't':
      return "a tensor";
    case 'g':
      return "a graph";
    default:
      return "of another kind";
  }
}

std::string Joined(const onnx::AttributeProto& attribute) {
  std::string text;
  for (const std::string& item : attribute.strings()) {
    text += (text.empty() ? "" : " ") + item;
  }
  return text;
}

void Store(const Rule& rule, const onnx::AttributeProto& proto,
           SourceNode& source) {
  std::string name(rule.name);
  Attributes& to = source.node.attributes;
  switch (rule.kind) {
    case 'i':
      return to.SetInt(std::move(name), proto.i());
    case 'f':
      return to.SetFloat(std::move(name), proto.f());
    case 's':
      return to.Set(std::move(name), proto.s());
    case 'I':
      return to.Set(
          std::move(name),
          std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end()));
    case 'F':
      return to.Set(std::move(name), std::vector<float>(proto.floats().begin(),
                                                        proto.floats().end()));
    case 'S':
      return to.Set(std::move(name), Joined(proto));
    case 't':
      source.tensors.emplace(std::move(name), &proto.t());
      return;
    default:
      return;
  }
}

void StoreDefault(const Rule& rule, SourceNode& source) {
  if (rule.fallback.empty()) return;
  const std::string text(rule.fallback);
  Attributes& to = source.node.attributes;
  if (rule.kind == 'i') {
    to.SetInt(std::string(rule.name), std::strtoll(text.c_str(), nullptr, 10));
  } else if (rule.kind == 'f') {
    to.SetFloat(std::string(rule.name), std::strtof(text.c_str(), nullptr));
  } else {
    to.Set(std::string(rule.name), text);
  }
}

bool IsKnown(const std::vector<Rule>& rules, std::string_view name) {
  for (const Rule& rule : rules) {
    if (rule.name == name) return true;
  }
  return false;
}

}  // namespace

const onnx::AttributeProto* FindAttribute(const onnx::NodeProto& proto,
                                          std::string_view name,
                                          const CallAttributes* call) {
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    if (attribute.name() != name) continue;
    if (attribute.ref_attr_name().empty()) return &attribute;
    if (call == nullptr) return nullptr;
    const auto found = call->find(attribute.ref_attr_name());
    return found == call->end() ? nullptr : found->second;
  }
  return nullptr;
}

Result<void> ReadAttributes(const onnx::NodeProto& proto,
                            std::string_view rules, const CallAttributes* call,
                            SourceNode& source) {
  const std::vector<Rule> parsed = ParseRules(rules);
  for (const onnx::AttributeProto& attribute : proto.attribute()) {
    if (!IsKnown(parsed, attribute.name())) {
      return InvalidArgument("attribute '" + attribute.name() +
                             "' is not one of " + proto.op_type());
    }
  }
  for (const Rule& rule : parsed) {
    const onnx::AttributeProto* found = FindAttribute(proto, rule.name, call);
    if (found == nullptr) {
      StoreDefault(rule, source);
    } else if (KindOf(*found) != rule.kind) {
      return InvalidArgument("attribute '" + std::string(rule.name) + "' is " +
                             std::string(KindName(KindOf(*found))) + ", want " +
                             std::string(KindName(rule.kind)));
    } else {
      const std::string what = "attribute '" + std::string(rule.name) + "'";
      SKERRY_RETURN_IF_ERROR(CheckText(found->s(), what));
      SKERRY_RETURN_IF_ERROR(CheckText(Joined(*found), what));
      Store(rule, *found, source);
    }
  }
  return {};
}

std::string NameOf(const onnx::NodeProto& proto) {
  if (!proto.name().empty()) return proto.name();
  for (const std::string& output : proto.output()) {
    if (!output.empty()) return output;
  }
  return proto.op_type();
}

}  // namespace skerry::compiler
