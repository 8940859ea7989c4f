//! Writes the methods of a port that pass a call on through the layer.

/// Each line is a method of the port without `&self` and [`StoreResult`](crate::store::StoreResult), and whether it reads or
/// writes. What passes as it is, or answers otherwise, is written out in a second pair of braces.
macro_rules! forward {
    ($port:ident { $($kind:ident $name:ident($($arg:ident: $of:ty),*) -> $answer:ty;)* } $({ $($also:item)* })?) => {
        #[async_trait::async_trait]
        impl<L: $crate::store::StoreLayer> $port for L {
            $(async fn $name(&self, $($arg: $of),*) -> $crate::store::StoreResult<$answer> {
                let call = $crate::store::Call::$kind(stringify!($name));
                self.around(call, self.inner().$name($($arg),*)).await
            })*
            $($($also)*)?
        }
    };
}
pub(super) use forward;
