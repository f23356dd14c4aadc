#include "skerry/http/http_test_server.h"

#include <sys/socket.h>

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>

namespace skerry::http {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
namespace wire = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = wire::request_parser<wire::string_body>;

std::string Lowered(std::string text) {
  for (char& c : text) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

TestServer::Request TakeRequest(Parser& parser) {
  const auto message = parser.release();
  TestServer::Request request;
  request.method = message.method_string();
  request.target = message.target();
  for (const auto& field : message) {
    request.headers.emplace_back(Lowered(field.name_string()), field.value());
  }
  request.body = message.body();
  return request;
}

void ShutDown(tcp::socket& socket) {
  shutdown(socket.native_handle(), SHUT_RDWR);
}

}  // namespace

std::string TestServer::Request::header(const std::string& name) const {
  for (const auto& [found, value] : headers) {
    if (found == name) return value;
  }
  return "";
}

TestServer::TestServer(Handler handler, std::optional<Tls> tls)
    : handler_(std::move(handler)) {
  if (tls) {
    tls_.emplace(ssl::context::tls_server);
    tls_->use_certificate_chain_file(tls->certificate_file);
    tls_->use_private_key_file(tls->key_file, ssl::context::pem);
    if (!tls->client_ca_file.empty()) {
      tls_->load_verify_file(tls->client_ca_file);
      tls_->set_verify_mode(ssl::verify_peer |
                            ssl::verify_fail_if_no_peer_cert);
    }
  }
  const tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
  acceptor_.open(any.protocol());
  acceptor_.bind(any);
  acceptor_.listen();
  port_ = acceptor_.local_endpoint().port();
  acceptor_thread_ = std::jthread([this] { Accept(); });
}

TestServer::~TestServer() {
  ending_ = true;
  shutdown(acceptor_.native_handle(), SHUT_RDWR);
  acceptor_thread_.join();
  CloseConnections();
  threads_.clear();
}

void TestServer::CloseConnections() {
  const std::lock_guard lock(mutex_);
  for (Socket& socket : sockets_) ShutDown(socket);
}

TestServer::Reply TestServer::Text(const std::string& status,
                                   const std::string& body) {
  return {.bytes = "HTTP/1.1 " + status + "\r\nContent-Length: " +
                   std::to_string(body.size()) + "\r\n\r\n" + body};
}

void TestServer::Accept() {
  while (!ending_) {
    Socket socket(events_);
    error_code fault;
    (void)acceptor_.accept(socket, fault);
    if (fault) continue;
    ++connection_count_;
    const std::lock_guard lock(mutex_);
    Socket& kept = sockets_.emplace_back(std::move(socket));
    threads_.emplace_back([this, &kept] { Serve(kept); });
  }
}

void TestServer::Serve(Socket& socket) {
  if (!tls_) {
    ServeStream(socket);
  } else {
    ssl::stream<Socket&> stream(socket, *tls_);
    error_code fault;
    (void)stream.handshake(ssl::stream_base::server, fault);
    if (!fault) ServeStream(stream);
  }
  ShutDown(socket);
}

template <class Stream>
void TestServer::ServeStream(Stream& stream) {
  boost::beast::flat_buffer buffer;
  while (true) {
    Parser parser;
    parser.body_limit(boost::none);
    error_code fault;
    wire::read(stream, buffer, parser, fault);
    if (fault) return;
    const Reply reply = handler_(TakeRequest(parser));
    asio::write(stream, asio::buffer(reply.bytes), fault);
    if (fault || reply.close) return;
    if (reply.hang) {
      char byte = 0;
      (void)stream.read_some(asio::buffer(&byte, 1), fault);
      return;
    }
  }
}

}  // namespace skerry::http
