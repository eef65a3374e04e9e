"""The private storage on S3, over HTTP: django-storages against the server of moto."""

import io
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from parley import broker, files
from parley.attachments import reading
from parley.attachments.run import Result
from parley.models import Attachment
from parley.views.downloads import download
from tests.support.attachments import named, stored

moto = pytest.importorskip("moto.server", reason="moto and Flask are not installed: see requirements-dev.txt.")
pytest.importorskip("storages", reason="django-storages is not installed: see requirements-dev.txt.")

SECRET = "a secret of S3"
NAME = "attachments/0f/original"


@pytest.fixture(scope="module")
def server():
    server = moto.ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def options(server):
    """As docs/hosting.md says, but for the address."""
    import boto3
    from botocore.config import Config

    keys = {"aws_access_key_id": "an id", "aws_secret_access_key": SECRET, "region_name": "eu-central-1"}
    s3 = boto3.client("s3", endpoint_url=server, **keys)
    s3.create_bucket(Bucket="parley", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    patience = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2})
    yield {
        "bucket_name": "parley",
        "default_acl": "private",
        "file_overwrite": True,
        "client_config": patience,
        "endpoint_url": server,
        "access_key": "an id",
        "secret_key": SECRET,
        "region_name": "eu-central-1",
    }
    for kept in s3.list_objects_v2(Bucket="parley").get("Contents", []):
        s3.delete_object(Bucket="parley", Key=kept["Key"])
    s3.delete_bucket(Bucket="parley")


@pytest.fixture
def bucket(options, settings):
    """A function: change the options; the storage is made with them at its next use."""

    def use(**changes):
        entry = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**options, **changes}}
        settings.STORAGES = {**settings.STORAGES, "private": entry}

    settings.PARLEY = {**settings.PARLEY, "FILES": "private"}
    use()
    return use


@pytest.fixture
def person(client, django_user_model, monkeypatch):
    """A signed-in browser; nobody takes tasks."""
    monkeypatch.setattr(broker, "send", lambda *task: True)
    client.force_login(django_user_model.objects.create_user("owner"))
    return client


def upload_of(content, name):
    return {"file": SimpleUploadedFile(name, content), "key": str(uuid4())}


def upload(content):
    file = TemporaryUploadedFile("sea.txt", "text/plain", len(content), None)
    file.write(content)
    file.seek(0)
    return file


def test_a_file_is_kept_read_replaced_listed_and_removed(bucket):
    assert files.keep(NAME, upload(b"first")) == NAME
    assert files.keep(NAME, ContentFile(b"second")) == NAME
    files.keep("transfers/1.zip", ContentFile(b"other"))
    assert files.is_there(NAME)
    with files.local(NAME) as path, open(path, "rb") as copy:
        assert copy.read() == b"second"
    assert list(files.listed("attachments")) == [NAME]
    files.remove_folder("attachments/0f", ["original", "picture"])
    assert (files.is_there(NAME), list(files.listed("attachments"))) == (False, [])
    assert files.is_there("transfers/1.zip")


def test_a_file_is_served_by_the_site_and_never_by_a_signed_address(bucket):
    content = b"x" * 600_000
    files.keep(NAME, ContentFile(content))
    response = download(files.storage().open(NAME), "sea.txt", "application/octet-stream")
    assert (response.status_code, b"".join(response)) == (200, content)
    assert SECRET not in str(response.headers)
    assert response["Content-Disposition"] == 'attachment; filename="sea.txt"'


def test_a_file_that_is_missing_is_missing(bucket):
    assert not files.is_there(NAME)
    with pytest.raises(FileNotFoundError), files.local(NAME):
        pytest.fail("There is none.")
    with pytest.raises(FileNotFoundError):
        files.storage().open(NAME).read()


@pytest.mark.django_db
def test_an_attachment_is_uploaded_read_served_and_deleted(bucket, person, monkeypatch):
    def read(path, media_type, folder, extract, stopped):
        assert path.read_bytes() == b"GIF89a"
        made = {name: folder / name for name in ("picture", "thumb")}
        for name, place in made.items():
            place.write_text(name)
        return Result(**made, picture_type="image/webp", width=4, height=3)

    monkeypatch.setattr(reading.child, "read", read)
    assert person.post("/attachments/", upload_of(b"GIF89a", "sea.gif")).status_code == 303
    attachment = Attachment.objects.get()
    assert stored() == [attachment.file]
    assert reading.run(uuid4()) == "ready"
    assert stored() == named() == [f"{attachment.place}/{name}" for name in ("picture", "thumb")]
    response = person.get(f"/attachments/{attachment.pk}/thumb/")
    assert (b"".join(response), response["Content-Type"]) == (b"thumb", "image/webp")
    Attachment.objects.update(drafted=False)
    Attachment.objects.all().purge()
    assert (stored(), Attachment.objects.count()) == ([], 0)


@pytest.mark.django_db
def test_an_upload_while_the_server_is_away_is_refused_with_a_sentence(bucket, person):
    bucket(endpoint_url="http://127.0.0.1:9")
    response = person.post("/attachments/", upload_of(b"The sea is salty.", "sea.txt"))
    assert response.status_code == 503
    assert "The file could not be stored. Try again." in response.text
    assert not Attachment.objects.exists()


def test_a_server_that_is_away_is_an_error_that_tells_no_secret(bucket):
    bucket(endpoint_url="http://127.0.0.1:9")
    for use in (lambda: files.keep(NAME, io.BytesIO(b"x")), lambda: files.is_there(NAME), lambda: files.remove(NAME)):
        with pytest.raises(Exception, match="Could not connect") as error:
            use()
        assert SECRET not in str(error.value)
