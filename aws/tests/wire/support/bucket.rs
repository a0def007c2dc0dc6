//! An S3 in this process.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::proxy::Proxy;
use super::{KEY_PAIR, Task, clients, listen};

/// An S3 with one bucket, `events`, behind a proxy. It ends with its value.
pub(crate) struct Bucket {
    pub(crate) proxy: Proxy,
    /// Goes past the proxy.
    direct: Client,
    _server: Task,
    folder: TempDir,
}

impl Bucket {
    pub(crate) async fn start() -> Self {
        let (listener, address) = listen().await;
        let folder = TempDir::new().expect("a folder");
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("a file system"));
        service.set_auth(SimpleAuth::from_single(KEY_PAIR.0, KEY_PAIR.1));
        let service = service.build();
        let server = Task::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                connections.spawn(async move {
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        let direct = clients(&address).await.s3;
        direct.create_bucket().bucket("events").send().await.expect("a bucket");
        Self { proxy: Proxy::to(&address).await, direct, _server: server, folder }
    }

    /// A client that goes through the proxy.
    pub(crate) async fn client(&self) -> Client {
        clients(&self.proxy.address).await.s3
    }

    /// Writes an object past the proxy.
    pub(crate) async fn put(&self, key: &str, body: &str) {
        let body = ByteStream::from(body.as_bytes().to_vec());
        self.direct.put_object().bucket("events").key(key).body(body).send().await.expect("an object");
    }

    /// Reads an object past the proxy: its media type and its text.
    pub(crate) async fn get(&self, key: &str) -> (String, String) {
        let object = self.direct.get_object().bucket("events").key(key).send().await.expect("an object");
        let media = object.content_type.unwrap_or_default();
        let bytes = object.body.collect().await.expect("a body").to_vec();
        (media, String::from_utf8(bytes).expect("text"))
    }

    /// The metadata of an object, past the proxy.
    pub(crate) async fn metadata(&self, key: &str) -> Vec<(String, String)> {
        let object = self.direct.head_object().bucket("events").key(key).send().await.expect("an object");
        object.metadata.into_iter().flatten().collect()
    }

    /// All objects of that folder, by their keys, as they are on the disk.
    pub(crate) fn under(&self, folder: &str) -> BTreeMap<String, String> {
        let bucket = self.folder.path().join("events");
        let (mut objects, mut folders) = (BTreeMap::new(), vec![bucket.join(folder)]);
        while let Some(folder) = folders.pop() {
            #[expect(clippy::disallowed_methods, reason = "the bucket is a folder")]
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                #[expect(clippy::disallowed_methods, reason = "the bucket is a folder")]
                let body = std::fs::read_to_string(&path).expect("text");
                let key = path.strip_prefix(&bucket).expect("a key").to_str().expect("text").to_owned();
                objects.insert(key, body);
            }
        }
        objects
    }

    /// The keys of all objects.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let page = self.direct.list_objects_v2().bucket("events").send().await.expect("a listing");
        page.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect()
    }
}
