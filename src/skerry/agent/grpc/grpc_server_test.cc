// What is common to all services: connections, malformed bytes, health,
// reflection, limits, shutting down.
#include <absl/synchronization/mutex.h>
#include <fcntl.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/generic_stub.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <random>
#include <thread>

#include "health.grpc.pb.h"
#include "reflection.grpc.pb.h"
#include "skerry/agent/grpc/grpc_test_support.h"
#include "skerry/agent/grpc/peer_table.h"
#include "skerry/platform/subprocess.h"
#include "skerry/platform/temp_directory.h"

namespace skerry::agent {
namespace {

namespace health = grpc::health::v1;
namespace reflection = grpc::reflection::v1alpha;
using oip::GRPCInferenceService;
using std::chrono::milliseconds;

class GrpcServerTest : public GrpcTest {
 protected:
  // Sends `bytes` as the message of `method`.
  grpc::Status SendBytes(const std::shared_ptr<grpc::Channel>& channel,
                         const std::string& method, const std::string& bytes) {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const grpc::Slice slice(bytes);
    const auto call = stub.PrepareUnaryCall(
        &context, method, grpc::ByteBuffer(&slice, 1), &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue.Next(&tag, &ok));
    return status;
  }

  grpc::Status Infer(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    oip::ModelInferResponse response;
    return GRPCInferenceService::NewStub(channel)->ModelInfer(
        &context, ScaleInfer("scale", {1, 2, 3}), &response);
  }
};

TEST_F(GrpcServerTest, AConnectionWhoseFirstBytesWerePeekedIsServed) {
  LoadScale("scale");
  ASSERT_TRUE(Start());
  auto [ours, theirs] = SocketPair();
  std::thread adopter([this, end = std::move(ours)]() mutable {
    char preface[24];
    while (recv(end.number(), preface, sizeof preface, MSG_PEEK) < 24) {
    }
    EXPECT_EQ(std::string(preface, 14), "PRI * HTTP/2.0");
    server_->Adopt(std::move(end), {});
  });
  const int number = fcntl(theirs.number(), F_DUPFD_CLOEXEC, 0);
  fcntl(number, F_SETFL, O_NONBLOCK);
  const auto channel = grpc::CreateInsecureChannelFromFd("test", number);

  EXPECT_TRUE(Infer(channel).ok());
  adopter.join();
}

// Abseil's check of lock orders would end the program here. It keeps a record
// of every lock for that, which must not be.
TEST_F(GrpcServerTest, ItsLocksAreNotTracked) {
  absl::Mutex one;
  absl::Mutex other;
  {
    const absl::MutexLock first(&one);
    const absl::MutexLock second(&other);
  }

  const absl::MutexLock first(&other);
  const absl::MutexLock second(&one);

  one.AssertHeld();
}

TEST_F(GrpcServerTest, MalformedMessagesGetAStatus) {
  LoadScale("scale");
  const auto channel = Connect();
  const std::string good = ScaleInfer("scale", {1, 2, 3}).SerializeAsString();
  const std::string infer = "/inference.GRPCInferenceService/ModelInfer";
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto status = SendBytes(channel, infer, good.substr(0, size));
    EXPECT_TRUE(status.error_code() == grpc::INVALID_ARGUMENT ||
                status.error_code() == grpc::NOT_FOUND)
        << size << ": " << status.error_message();
  }
  for (const char* method :
       {"/AWS.SageMaker.Edge.Agent/Predict",
        "/AWS.SageMaker.Edge.Agent/LoadModel",
        "/AWS.SageMaker.Edge.Agent/CaptureData",
        "/inference.GRPCInferenceService/ModelMetadata",
        "/inference.GRPCInferenceService/RepositoryModelLoad",
        "/grpc.health.v1.Health/Check"}) {
    const auto status = SendBytes(channel, method, "\x0a\xff\xff\xff\x7f");
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT) << method;
  }
  EXPECT_EQ(SendBytes(channel, "/none/None", "").error_code(),
            grpc::UNIMPLEMENTED);
  EXPECT_TRUE(SendBytes(channel, infer, good).ok());
}

TEST_F(GrpcServerTest, DamagedRequestsNeverEndTheServer) {
  LoadScale("scale");
  const auto channel = Connect();
  std::mt19937 random(7);
  const std::string infer = ScaleInfer("scale", {1, 2, 3}).SerializeAsString();
  const std::string predict =
      ScalePredict("scale", {1, 2, 3}).SerializeAsString();
  for (int i = 0; i < 2000; ++i) {
    const bool is_predict = i % 2 == 0;
    std::string bytes = is_predict ? predict : infer;
    for (int k = 0; k < 3; ++k) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    SendBytes(channel,
              is_predict ? "/AWS.SageMaker.Edge.Agent/Predict"
                         : "/inference.GRPCInferenceService/ModelInfer",
              bytes);
  }
  EXPECT_TRUE(Infer(channel).ok());
}

TEST_F(GrpcServerTest, BytesThatAreNoHttp2EndTheirConnectionOnly) {
  LoadScale("scale");
  const auto channel = Connect();
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    auto [ours, theirs] = SocketPair();
    server_->Adopt(std::move(ours), {});
    std::string bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if (i % 2 == 0) bytes.clear();
    for (int k = 0; k < 200; ++k) bytes += static_cast<char>(random());
    ASSERT_GT(write(theirs.number(), bytes.data(), bytes.size()), 0);
    shutdown(theirs.number(), SHUT_WR);
    char answer[4096];
    while (read(theirs.number(), answer, sizeof answer) > 0) {
    }
  }
  EXPECT_TRUE(Infer(channel).ok());
}

TEST_F(GrpcServerTest, AMessageThatIsTooLargeIsRefused) {
  LoadScale("scale");
  GrpcServer::Options options;
  options.message_bytes_max = 100'000;
  ASSERT_TRUE(Start(options));
  const auto channel = Connect();

  EXPECT_EQ(SendBytes(channel, "/inference.GRPCInferenceService/ModelInfer",
                      std::string(200'000, '\0'))
                .error_code(),
            grpc::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Infer(channel).ok());
}

TEST_F(GrpcServerTest, CompressedMessagesAreRead) {
  LoadScale("scale");
  const auto stub = GRPCInferenceService::NewStub(Connect());
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    auto request = ScaleInfer("scale", {1, 2, 3});
    request.set_id(std::string(1000, 'a'));  // else it is not worth it
    oip::ModelInferResponse response;

    const grpc::Status status = stub->ModelInfer(&context, request, &response);

    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.id(), request.id());
  }
}

TEST_F(GrpcServerTest, CompressedMessagesOfStreamsAreRead) {
  LoadScale("scale");
  const auto stub = GRPCInferenceService::NewStub(Connect());
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const auto stream = stub->ModelStreamInfer(&context);
  auto request = ScaleInfer("scale", {1, 2, 3});
  request.set_id(std::string(1000, 'a'));

  ASSERT_TRUE(stream->Write(request));
  oip::ModelStreamInferResponse response;
  ASSERT_TRUE(stream->Read(&response));
  stream->WritesDone();

  EXPECT_EQ(response.infer_response().id(), request.id());
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcServerTest, ACompressedMessageMayNotBecomeTooLarge) {
  LoadScale("scale");
  GrpcServer::Options options;
  options.message_bytes_max = 100'000;
  ASSERT_TRUE(Start(options));
  const auto channel = Connect();
  const auto stub = GRPCInferenceService::NewStub(channel);
  grpc::ClientContext context;
  grpc::ClientContext stream_context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  stream_context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  auto request = ScaleInfer("scale", {1, 2, 3});
  request.add_raw_input_contents(std::string(64 << 20, '\0'));
  oip::ModelInferResponse response;

  EXPECT_EQ(stub->ModelInfer(&context, request, &response).error_code(),
            grpc::RESOURCE_EXHAUSTED);
  const auto stream = stub->ModelStreamInfer(&stream_context);
  stream->Write(request);
  EXPECT_EQ(stream->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Infer(channel).ok());
}

TEST_F(GrpcServerTest, ManyConnectionsAreServedAtTheSameTime) {
  LoadScale("scale");
  ASSERT_TRUE(Start());
  constexpr int kClients = 16;
  std::vector<std::thread> clients;
  std::atomic<int> failures = 0;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([this, client, &failures] {
      for (int connection = 0; connection < 3; ++connection) {
        const auto stub = GRPCInferenceService::NewStub(Connect());
        for (int i = 0; i < 40; ++i) {
          const auto value = static_cast<float>(client * 1000 + i);
          grpc::ClientContext context;
          oip::ModelInferResponse response;
          const auto status = stub->ModelInfer(
              &context, ScaleInfer("scale", {value, 0, 0}), &response);
          if (!status.ok() ||
              FloatsOf(response.raw_output_contents(0)).front() != 2 * value) {
            ++failures;
          }
        }
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(failures, 0);
}

TEST_F(GrpcServerTest, HealthFollowsReadiness) {
  const auto stub = health::Health::NewStub(Connect());
  const auto check = [&stub](const std::string& service) {
    health::HealthCheckRequest request;
    request.set_service(service);
    health::HealthCheckResponse response;
    grpc::ClientContext context;
    const auto status = stub->Check(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  };
  EXPECT_EQ(check(""), health::HealthCheckResponse::SERVING);
  EXPECT_EQ(check("inference.GRPCInferenceService"),
            health::HealthCheckResponse::SERVING);
  ready_ = false;
  EXPECT_EQ(check(""), health::HealthCheckResponse::NOT_SERVING);
  health::HealthCheckRequest request;
  request.set_service("none");
  health::HealthCheckResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(stub->Check(&context, request, &response).error_code(),
            grpc::NOT_FOUND);
}

TEST_F(GrpcServerTest, AWatcherHearsOfEachChangeAndOfTheEnd) {
  const auto stub = health::Health::NewStub(Connect());
  grpc::ClientContext context;
  const auto reader = stub->Watch(&context, {});
  health::HealthCheckResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), health::HealthCheckResponse::SERVING);
  ready_ = false;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.status(), health::HealthCheckResponse::NOT_SERVING);

  std::thread shut_down([this] {
    server_->Shutdown(std::chrono::steady_clock::now() +
                      std::chrono::seconds(20));
  });

  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::UNAVAILABLE);
  shut_down.join();
}

TEST_F(GrpcServerTest, AWatcherThatGoesLeavesNothingBehind) {
  const auto stub = health::Health::NewStub(Connect());
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    const auto reader = stub->Watch(&context, {});
    health::HealthCheckResponse response;
    ASSERT_TRUE(reader->Read(&response));
    context.TryCancel();
    reader->Finish();
  }
  server_->Shutdown(std::chrono::steady_clock::now() +
                    std::chrono::seconds(20));
}

TEST_F(GrpcServerTest, ReflectionTellsWhatCanBeCalled) {
  const auto stub = reflection::ServerReflection::NewStub(Connect());
  grpc::ClientContext context;
  const auto stream = stub->ServerReflectionInfo(&context);
  const auto ask = [&stream](const reflection::ServerReflectionRequest& r) {
    EXPECT_TRUE(stream->Write(r));
    reflection::ServerReflectionResponse response;
    EXPECT_TRUE(stream->Read(&response));
    return response;
  };
  reflection::ServerReflectionRequest request;
  request.set_list_services("");
  const auto list = ask(request);
  std::vector<std::string> names;
  for (const auto& service : list.list_services_response().service()) {
    names.push_back(service.name());
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{
                "AWS.SageMaker.Edge.Agent", "inference.GRPCInferenceService",
                "grpc.health.v1.Health",
                "grpc.reflection.v1alpha.ServerReflection"}));
  for (const std::string& name : names) {
    request.set_file_containing_symbol(name);
    const auto file = ask(request);
    ASSERT_EQ(file.file_descriptor_response().file_descriptor_proto_size(), 1)
        << name;
  }
  request.set_file_containing_symbol("none.None");
  EXPECT_EQ(ask(request).error_response().error_code(), grpc::NOT_FOUND);
  request.set_file_by_filename("edge_agent.proto");
  EXPECT_TRUE(ask(request).has_file_descriptor_response());
  request.set_all_extension_numbers_of_type("inference.ModelInferRequest");
  EXPECT_TRUE(ask(request).has_all_extension_numbers_response());
  request.clear_message_request();
  EXPECT_EQ(ask(request).error_response().error_code(), grpc::INVALID_ARGUMENT);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcServerTest, NewCallsAreRefusedOnceItShutsDown) {
  LoadScale("scale");
  const auto channel = Connect();
  ASSERT_TRUE(Infer(channel).ok());

  server_->Shutdown(std::chrono::steady_clock::now() +
                    std::chrono::seconds(20));

  EXPECT_EQ(Infer(channel).error_code(), grpc::UNAVAILABLE);
  auto [ours, theirs] = SocketPair();
  server_->Adopt(std::move(ours), {});
  char byte = 0;
  EXPECT_EQ(read(theirs.number(), &byte, 1), 0) << "must be closed";
}

TEST_F(GrpcServerTest, PlainTcpIsForThisMachineOnly) {
  LoadScale("scale");
  GrpcServer::Options options;
  options.tcp_address = "0.0.0.0:0";
  const auto refused = Start(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  options.tcp_address = "127.0.0.1:0";
  ASSERT_TRUE(Start(options));
  ASSERT_GT(server_->tcp_port(), 0);

  EXPECT_TRUE(Infer(grpc::CreateChannel(
                        "127.0.0.1:" + std::to_string(server_->tcp_port()),
                        grpc::InsecureChannelCredentials()))
                  .ok());

  options.tcp_address = "127.0.0.1:" + std::to_string(server_->tcp_port());
  const auto first = std::move(server_);
  const auto taken = Start(options);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(taken.error().message().find(options.tcp_address),
            std::string::npos);
}

// A certificate authority, a server and two clients, made by openssl.
class GrpcTlsTest : public GrpcServerTest {
 protected:
  void SetUp() override {
    Sign("ca", "");
    Sign("other-ca", "");
    Sign("server", "ca");
    Sign("client", "ca");
    Sign("stranger", "other-ca");
    GrpcServer::Options options;
    options.tcp_address = "127.0.0.1:0";
    options.tls = {Path("server.crt"), Path("server.key"), Path("ca.crt")};
    LoadScale("scale");
    const auto started = Start(options);
    ASSERT_TRUE(started) << started.error().message();
  }

  std::string Path(const std::string& name) const {
    return folder_->Join(name);
  }

  void Sign(const std::string& name, const std::string& authority) {
    std::vector<std::string> arguments = {"openssl",
                                          "req",
                                          "-x509",
                                          "-newkey",
                                          "ec",
                                          "-pkeyopt",
                                          "ec_paramgen_curve:prime256v1",
                                          "-nodes",
                                          "-subj",
                                          "/CN=" + name,
                                          "-days",
                                          "2",
                                          "-addext",
                                          "subjectAltName=IP:127.0.0.1",
                                          "-keyout",
                                          Path(name + ".key"),
                                          "-out",
                                          Path(name + ".crt")};
    if (!authority.empty()) {
      arguments.insert(
          arguments.end(),
          {"-CA", Path(authority + ".crt"), "-CAkey", Path(authority + ".key"),
           "-addext", "basicConstraints=CA:FALSE"});
    }
    platform::Command command;
    command.arguments = arguments;
    const auto made = platform::RunCommand(command);
    ASSERT_TRUE(made && made->exit_code == 0)
        << (made ? made->err : made.error().message());
  }

  std::string Read(const std::string& name) const {
    return platform::ReadTextFile(Path(name), 1 << 20).value();
  }

  grpc::Status InferAs(const std::string& client) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = Read("ca.crt");
    if (!client.empty()) {
      options.pem_cert_chain = Read(client + ".crt");
      options.pem_private_key = Read(client + ".key");
    }
    return Infer(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->tcp_port()),
                            grpc::SslCredentials(options)));
  }

  std::optional<platform::TempDirectory> folder_ =
      platform::TempDirectory::Create("skerry-tls").value();
};

TEST_F(GrpcTlsTest, ClientsMustShowACertificateOfTheAuthority) {
  const auto known = InferAs("client");
  EXPECT_TRUE(known.ok()) << known.error_message();
  EXPECT_EQ(InferAs("stranger").error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(InferAs("").error_code(), grpc::UNAVAILABLE);
}

TEST_F(GrpcTlsTest, MissingFilesAreNamed) {
  server_.reset();
  GrpcServer::Options options;
  options.tcp_address = "127.0.0.1:0";
  options.tls = {Path("server.crt"), Path("server.key"), ""};
  const auto no_authority = Start(options);
  ASSERT_FALSE(no_authority);
  EXPECT_NE(no_authority.error().message().find("client CA"),
            std::string::npos);
  options.tls = {Path("none.crt"), Path("server.key"), Path("ca.crt")};
  const auto no_file = Start(options);
  ASSERT_FALSE(no_file);
  EXPECT_NE(no_file.error().message().find("none.crt"), std::string::npos);
}

TEST(PeerTableTest, KnowsAdoptedConnectionsByGrpcsName) {
  PeerTable table;
  table.Set(7, {100, 200, 300});
  EXPECT_EQ(table.Find("fd:7").process, 100);
  EXPECT_EQ(table.Find("fd:7").user, 200U);
  table.Set(7, {101, 200, 300});
  EXPECT_EQ(table.Find("fd:7").process, 101);
  for (const char* name : {"fd:8", "fd:", "fd:7x", "ipv4:127.0.0.1:7", ""}) {
    EXPECT_FALSE(table.Find(name).local()) << name;
  }
}

}  // namespace
}  // namespace skerry::agent
