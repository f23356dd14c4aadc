#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "skerry/base/result.h"
#include "skerry/cloud/service/admin_handler.h"

namespace skerry::cloud {

/// The path's parts after the root, and the query's.
struct AdminTarget {
  std::vector<std::string> parts;
  std::vector<std::pair<std::string, std::string>> query;

  std::string Value(std::string_view name) const {
    for (const auto& [key, value] : query) {
      if (key == name) return value;
    }
    return "";
  }
};

AdminTarget ParseAdminTarget(const RequestHead& head);

/// `json` as an answer.
Response JsonResponse(int status, const nlohmann::ordered_json& json);

/// One request, with who makes it.
struct AdminCall {
  const AdminServices& services;
  const Principal& who;
  const std::string& peer;
  const AdminTarget& target;
  const std::string& body;

  Result<nlohmann::ordered_json> BodyJson() const;

  /// Writes that it was done.
  AccessKeys::Also Audit(std::string action) const;
};

/// One row of the API.
struct AdminOperation {
  std::string_view method;
  std::size_t part_count;
  std::string_view first;  ///< of the parts
  std::string_view action;
  Result<Response> (*run)(const AdminCall& call);
};

/// Null if there is none.
const AdminOperation* FindAdminOperation(std::string_view method,
                                         const AdminTarget& target);

}  // namespace skerry::cloud
