"""An OpenID Connect provider of our own on loopback: discovery, keys, authorization, tokens signed with a real key."""

import json
import threading
import time
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode, urlparse
from wsgiref.simple_server import WSGIRequestHandler, make_server

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


class Provider:
    """`claims` is who signs in next. `signing_key` may be swapped for one that the published keys do not know."""

    def __init__(self):
        self.key = self.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.claims = {"sub": "1", "email": "rita@tandem.example", "email_verified": True, "name": "Rita Rep"}
        self.audience = "tandem"
        self.asked = []
        self.url = ""

    def __call__(self, environ, start):
        path = environ["PATH_INFO"]
        self.asked.append(path)
        if path == "/authorize":
            query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
            assert query["code_challenge_method"] == "S256"
            back = f"{query['redirect_uri']}?{urlencode({'code': 'the-code', 'state': query['state']})}"
            start("302 Found", [("Location", back)])
            return [b""]
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(self.answer(path)).encode()]

    def answer(self, path):
        match path:
            case "/.well-known/openid-configuration":
                pages = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("token", "userinfo")}
                return {
                    "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize", "jwks_uri": f"{self.url}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"], **pages,
                }  # fmt: skip
            case "/keys":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
                return {"keys": [{**public, "kid": "k1", "alg": "RS256", "use": "sig"}]}
            case "/token":
                return {"access_token": "abc", "token_type": "Bearer", "id_token": self.identity()}
            case "/userinfo":
                return self.claims

    def identity(self):
        times = {"iat": int(time.time()), "exp": int(time.time()) + 300}
        told = {"iss": self.url, "aud": self.audience, **times, **self.claims}
        return jwt.encode(told, self.signing_key, algorithm="RS256", headers={"kid": "k1"})


@contextmanager
def running():
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider, handler_class=Quiet)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def path_of(address):
    parts = urlparse(address)
    return f"{parts.path}?{parts.query}"
