#include "skerry/agent/grpc/reflection_service.h"

#include <google/protobuf/descriptor.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "edge_agent.pb.h"
#include "health.pb.h"
#include "open_inference.pb.h"
#include "reflection.pb.h"
#include "skerry/agent/grpc/status.h"
#include "skerry/agent/grpc/wire.h"

namespace skerry::agent {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using grpc::reflection::v1alpha::FileDescriptorResponse;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

// Adds `file` and all that it imports, once each.
void AddFile(const FileDescriptor* file, std::set<const FileDescriptor*>& seen,
             FileDescriptorResponse& response) {
  if (!seen.insert(file).second) return;
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  proto.SerializeToString(response.add_file_descriptor_proto());
  for (int i = 0; i < file->dependency_count(); ++i) {
    AddFile(file->dependency(i), seen, response);
  }
}

void SetNotFound(ServerReflectionResponse& response, const std::string& what) {
  auto& error = *response.mutable_error_response();
  error.set_error_code(static_cast<int>(ErrorCode::kNotFound));
  error.set_error_message("there is no " + what);
}

void SetFile(ServerReflectionResponse& response, const FileDescriptor* file,
             const std::string& what) {
  if (file == nullptr) return SetNotFound(response, what);
  std::set<const FileDescriptor*> seen;
  AddFile(file, seen, *response.mutable_file_descriptor_response());
}

void ListServices(ServerReflectionResponse& response) {
  // Naming the descriptors also makes sure that they are linked in.
  const FileDescriptor* const files[] = {
      AWS::SageMaker::Edge::PredictRequest::descriptor()->file(),
      inference::ModelInferRequest::descriptor()->file(),
      grpc::health::v1::HealthCheckRequest::descriptor()->file(),
      ServerReflectionRequest::descriptor()->file()};
  auto& list = *response.mutable_list_services_response();
  for (const FileDescriptor* file : files) {
    for (int i = 0; i < file->service_count(); ++i) {
      list.add_service()->set_name(file->service(i)->full_name());
    }
  }
}

void SetExtensionNumbers(ServerReflectionResponse& response,
                         const std::string& type) {
  const auto* const pool = DescriptorPool::generated_pool();
  if (pool->FindMessageTypeByName(type) == nullptr) {
    return SetNotFound(response, "message type '" + type + "'");
  }
  // None of our messages has extensions.
  response.mutable_all_extension_numbers_response()->set_base_type_name(type);
}

void Answer(const ServerReflectionRequest& request,
            ServerReflectionResponse& response) {
  const auto* const pool = DescriptorPool::generated_pool();
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename: {
      const std::string& name = request.file_by_filename();
      return SetFile(response, pool->FindFileByName(name),
                     "file '" + name + "'");
    }
    case ServerReflectionRequest::kFileContainingSymbol: {
      const std::string& name = request.file_containing_symbol();
      return SetFile(response, pool->FindFileContainingSymbol(name),
                     "symbol '" + name + "'");
    }
    case ServerReflectionRequest::kFileContainingExtension:
      return SetNotFound(
          response, "extension of '" +
                        request.file_containing_extension().containing_type() +
                        "'");
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      return SetExtensionNumbers(response,
                                 request.all_extension_numbers_of_type());
    case ServerReflectionRequest::kListServices:
      return ListServices(response);
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      break;
  }
  auto& error = *response.mutable_error_response();
  error.set_error_code(static_cast<int>(ErrorCode::kInvalidArgument));
  error.set_error_message("the request asks for nothing");
}

class Reflection final : public StreamHandler {
 public:
  explicit Reflection(Stream& stream) : stream_(stream) {}

  void OnMessage(grpc::ByteBuffer message) override {
    ServerReflectionRequest request;
    if (auto parsed = ParseMessage(&message, &request); !parsed) {
      return stream_.Close(ToStatus(parsed.error()));
    }
    ServerReflectionResponse response;
    response.set_valid_host(request.host());
    Answer(request, response);
    *response.mutable_original_request() = std::move(request);
    MessageWriter writer;
    writer.Add(response);
    stream_.Write(writer.Take());
    stream_.ReadNext();
  }

  void OnReadsDone() override { stream_.Close(grpc::Status::OK); }

  void OnStop() override {
    stream_.Close(ToStatus(Unavailable("the agent is shutting down")));
  }

 private:
  Stream& stream_;
};

}  // namespace

std::vector<Method> ReflectionMethods() {
  std::vector<Method> methods;
  for (const char* version : {"v1alpha", "v1"}) {
    Method method;
    method.path = std::string("/grpc.reflection.") + version +
                  ".ServerReflection/ServerReflectionInfo";
    method.stream = [](Stream& stream) {
      return std::make_unique<Reflection>(stream);
    };
    methods.push_back(std::move(method));
  }
  return methods;
}

}  // namespace skerry::agent
