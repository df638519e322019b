"""certificates - keys and certificates for the TLS tests, made by openssl in a directory of their own."""
# SPDX-License-Identifier: MIT
import pathlib
import subprocess
import tempfile


def openssl(*args, **kwargs):
    return subprocess.run(['openssl', *map(str, args)], check=True, capture_output=True, **kwargs)


class Certificates:
    """An authority and what it has signed. Each name gives paths NAME.pem, NAME.key."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.authority('ca')

    def close(self):
        self.folder.cleanup()

    def __truediv__(self, name):
        return str(self.path / name)

    def key(self, name):
        openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', self / f'{name}.key')

    def authority(self, name):
        self.key(name)
        openssl('req', '-x509', '-new', '-key', self / f'{name}.key', '-subj', f'/CN={name}',
                '-days', '30', '-out', self / f'{name}.pem')

    def sign(self, name, names, authority='ca', days=30, common_name=None):
        """A certificate for the names (DNS:… or IP:…), signed by the authority."""
        self.key(name)
        openssl('req', '-new', '-key', self / f'{name}.key', '-subj', f'/CN={common_name or name}',
                '-out', self / f'{name}.csr')
        extension = self.path / f'{name}.ext'
        extension.write_text('subjectAltName=' + ','.join(names) + '\n')
        openssl('x509', '-req', '-in', self / f'{name}.csr', '-CA', self / f'{authority}.pem',
                '-CAkey', self / f'{authority}.key', '-CAcreateserial', '-days', days,
                '-extfile', extension, '-out', self / f'{name}.pem')
        return self / f'{name}.pem', self / f'{name}.key'
